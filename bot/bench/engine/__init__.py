"""Measures the voice-cloning engine beside stock f5-tts, and foretells it for a Jetson."""
