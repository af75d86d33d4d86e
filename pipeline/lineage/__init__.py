"""Questions to ML Metadata: where a file came from, what a run did, what may be cleared away."""
