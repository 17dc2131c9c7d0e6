"""`python -m bot`: finds the subcommand, reads the settings, and turns every failure into one sentence."""
