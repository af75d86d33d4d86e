"""The choices that belong to one part of the pipeline; `pipeline.config` composes them."""
