"""What the streamer sees in the terminal: a live view, plain lines, or JSON lines."""
