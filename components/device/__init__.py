"""What runs the file: the interpreter on this machine, and kits for others."""
