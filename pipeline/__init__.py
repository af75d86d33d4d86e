"""The wiring: configuration, graph, runners, questions to lineage, report and command line."""
