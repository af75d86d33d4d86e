"""`python -m pipeline`: the command line, for processes that start others."""

from pipeline.cli import main

main()
