"""Chat Aloud: reads live chat aloud."""

__version__ = "0.1.0"
