"""Training: a float model, then pruning, then quantization-aware training; and the plain models to beat."""
