"""Measures the bot on the machine at hand: every bench prints a table, and writes JSON when asked."""
