"""The choices of the Transform step that stand for themselves: scaling, buckets, crosses, categories, reducer."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from data.settings import Settings

ScalingKind = Literal["smooth_clip", "robust", "z_score", "min_max", "none"]
ReducerKind = Literal["pca", "svd", "pls", "lda", "ica", "nmf", "random", "none"]

EXACT = 2**24
"""float32 tells all whole numbers below apart, so a cross has no more combinations."""

ROUNDING = 5e-7
"""A spread below this share of a column's largest value is what float32 has rounded: the same hour's cosine comes out
with another last bit at the end of a batch."""

WHOLE_NUMBER_ONLY = ("nmf", "random")
"""Reducers whose components are not ordered by a share of anything."""

SAMPLED = ("ica", "nmf")
"""Reducers that learn from a sample; the others learn from moments of all rows."""

UNCENTRED = ("svd", "random")
"""Reducers that project rows as they are, without taking off a centre first."""


class Fixed(Settings):
    """Scaling by given numbers: (x - centre) / spread, such as centre -78 and spread 8 for a longitude.

    Attributes:
        centre: what becomes 0.
        spread: what becomes 1 above it.
    """

    centre: float
    spread: float = Field(gt=0)


class Missing(Settings):
    """What stands in for a missing number.

    Attributes:
        fill: the training `mean` or `median` of its column, or a given number.
        flag: add a column `NAME_missing` to the block, 1 where NAME is missing; `auto` does so where no reducer mixes
            the block's columns.
    """

    fill: Literal["mean", "median"] | float = "median"
    flag: bool | Literal["auto"] = "auto"


class Buckets(Settings):
    """Intervals of one number.

    Attributes:
        feature: an engineered or raw number.
        quantiles: so many buckets of about equal count, learned from training rows.
        boundaries: or a given, strictly increasing grid; bucket i holds `boundaries[i-1] <= x < boundaries[i]`.
        wide: feed the thermometer code to the model; otherwise the bucket serves crosses only.
    """

    feature: str
    quantiles: int | None = Field(default=None, ge=2, le=256)
    boundaries: tuple[float, ...] | None = None
    wide: bool = True

    @model_validator(mode="after")
    def _one_kind(self) -> Buckets:
        if (self.quantiles is None) == (self.boundaries is None):
            raise ValueError("give either quantiles or boundaries, and only one of them")
        if self.boundaries is not None:
            pairs = zip(self.boundaries, self.boundaries[1:], strict=False)
            if not self.boundaries or any(a >= b for a, b in pairs):
                raise ValueError(
                    f"boundaries of {self.feature} must be strictly increasing, got {list(self.boundaries)}; "
                    "sort them and drop repeated ones"
                )
        return self

    @property
    def size(self) -> int:
        """Number of buckets."""
        if self.boundaries is not None:
            return len(self.boundaries) + 1
        assert self.quantiles is not None  # one of the two is given
        return self.quantiles


class Cross(Settings):
    """Joint ids of several discrete features, looked up in one embedding.

    Attributes:
        of: names of buckets, of cyclic time parts (`hour`, `weekday`, `month`), or of crosses further up.
        hash_buckets: fold the joint ids into so many; None keeps them exact.
        embedding: width of the embedding; None takes the fourth root of the number of ids; 0 keeps the cross from the
            model, for one that only serves other crosses.
    """

    of: tuple[str, ...] = Field(min_length=1)
    hash_buckets: int | None = Field(default=None, ge=2, le=4093)
    embedding: int | None = Field(default=None, ge=0, le=64)


class Category(Settings):
    """How categorical columns are coded.

    Attributes:
        min_count: values seen less often in training are unknown.
        max_size: at most so many values, the most frequent ones.
        oov_buckets: unknown values share so many further ids by a hash of their text; 0 gives them the id of a missing
            one. `auto` takes 16 where there are more values than `max_size`, else 0.
        embedding: width; None takes the fourth root of the number of ids.
    """

    min_count: int = Field(default=5, ge=1)
    max_size: int = Field(default=256, ge=1, le=100_000)
    oov_buckets: Annotated[int, Field(ge=0, le=1024)] | Literal["auto"] = "auto"
    embedding: int | None = Field(default=None, ge=1, le=64)


class Reducer(Settings):
    """Dimension reduction of the block.

    Attributes:
        kind: `pca`, `svd` (truncated, not centred), `pls` (partial least squares against the label), `lda` (linear
            discriminants of the label's quantile classes), `ica`, `nmf` (for a block without negative values), `random`
            (Gaussian projection), or `none`.
        components: a whole number, or the share to reach, such as 0.99: of variance (`pca`, `ica`), of the second
            moment (`svd`), of the label's variance that a linear model can explain (`pls`), of the separation between
            classes (`lda`). `nmf` and `random` take a whole number.
        whiten: scale components to unit variance.
        classes: of the label, for `lda`.
        sample_rows: training rows that `ica` and `nmf` learn from, drawn by a seeded hash.
        iterations: steps towards the exact solution that `nmf` takes in the file; each costs about 200 bytes.
        seed: of the sample, and of `ica`, `nmf` and `random`.
    """

    kind: ReducerKind = "none"
    components: int | float = 0.99
    whiten: bool = True
    classes: int = 8
    sample_rows: int = Field(default=20_000, ge=100)
    iterations: int = Field(default=10, ge=0, le=100)
    seed: int = Field(default=0, ge=0, lt=2**32)

    @model_validator(mode="after")
    def _sensible(self) -> Reducer:
        whole = isinstance(self.components, int) and self.components >= 1
        share = isinstance(self.components, float) and 0 < self.components <= 1
        if not (whole or share):
            raise ValueError(
                f"components is {self.components}; give a whole number from 1, or a share of variance in (0, 1]"
            )
        if self.kind in WHOLE_NUMBER_ONLY and not whole:
            raise ValueError(
                f"components is {self.components}; {self.kind} has no share to reach, so give a whole number"
            )
        if self.kind == "lda" and self.classes < 2:
            raise ValueError(f"classes is {self.classes}; lda separates classes of the label, so give 2 or more")
        if self.kind == "lda" and whole and self.components > self.classes - 1:
            raise ValueError(
                f"components is {self.components}; {self.classes} classes have at most {self.classes - 1} "
                "discriminants: give fewer components or more classes"
            )
        return self
