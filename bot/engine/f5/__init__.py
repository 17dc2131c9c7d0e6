"""The voice-cloning engine: F5-TTS's weights, run by an inference path of our own."""
