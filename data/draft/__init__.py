"""A first description of a table that nobody has described: what `farelite init` proposes."""
