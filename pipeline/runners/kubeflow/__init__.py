"""The same pipeline on Kubeflow Pipelines: its specification, the entry point of its containers, a rehearsal here."""
