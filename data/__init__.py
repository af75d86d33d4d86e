"""What a table of trips looks like (`spec`) and how to read one (`readers`); knows nothing of models or TFX."""
