"""What a table looks like (`spec`) and how to read one (`readers`); knows nothing of models or TFX."""
