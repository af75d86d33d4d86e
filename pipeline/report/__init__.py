"""The page on one run: what lies in the metadata, the store and the artifacts in, one HTML file out."""
