"""The commands, by what they work on; arguments in, output and exit code out, no logic of their own."""
