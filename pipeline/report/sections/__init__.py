"""The parts of the page: each takes the material and gives a section, or says that the run has none of it."""
