"""What can be wrong with a question about lineage; light, so that the command line can list it."""


class MetadataError(ValueError):
    """The metadata store cannot be opened; says why and what to do."""


class LineageError(ValueError):
    """The question has no answer here; says what was looked for, where, and what to try."""
