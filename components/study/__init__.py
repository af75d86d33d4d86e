"""The compression bench: many variants of one float model, each measured on the file that would ship."""
