"""What the data must keep to."""

from __future__ import annotations

from pydantic import Field

from data.settings import Settings


class Distances(Settings):
    """How far a column's distribution may lie from another's: 0 is the same, 1 has nothing in common.

    Numbers are compared by the Jensen-Shannon divergence of their shares between the deciles of the other side,
    categories by the largest difference of a value's share (L-infinity); rows without a value are a share of their own.
    A distance that chance explains at least once in ten thousand times is none. A comparator in the schema goes before
    these limits and stops the run.

    Attributes:
        warn_above: is said and passes; null never warns.
        stop_above: stops the run; null never does.
        min_rows: fewer rows on either side are not compared, since chance alone would tell them apart.
        ignore: columns that are not compared.
    """

    warn_above: float | None = Field(default=0.1, ge=0, le=1)
    stop_above: float | None = Field(default=0.4, ge=0, le=1)
    min_rows: int = Field(default=500, ge=1)
    ignore: tuple[str, ...] = ()


class DataGate(Settings):
    """What the data must keep to beside the schema and `data.max_rejected_fraction`.

    Attributes:
        skew: of `validation` and `test` from `train`; time is not compared where `data.split.by` is `time`.
        warn_repeated_above: share of rows that are the same as an earlier one, which is said and passes.
        allow_leaks: inputs that may tell the label, by a correlation above 0.999 on the training rows; any other stops
            the run.
        drift: of the training rows from those of the last data that passed in this runs folder; without time.
    """

    warn_repeated_above: float = Field(default=0.02, ge=0, le=1)
    allow_leaks: tuple[str, ...] = ()
    skew: Distances = Distances()
    drift: Distances = Distances()
