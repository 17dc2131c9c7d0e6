"""The engine process: serves the OpenAI speech API; imports nothing of the bot around it."""
