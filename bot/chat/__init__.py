"""Who and what may be spoken, and how chat text becomes speakable text."""
