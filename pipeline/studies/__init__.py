"""Studies of features: what each group of them is worth, and what the dimensions do."""
