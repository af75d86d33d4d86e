"""Statistics of every split, by TFDV."""
