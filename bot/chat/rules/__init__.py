"""Which chat messages may be spoken: one family of rules a module, put in order by `build`."""
