"""Result of a profile: the content of a table, for those who build an index from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from riskmodel.assessment import ModelIdentity
from riskmodel.results import HIDDEN, Record, Result, Share

REPEATS, OPPOSES = 0.9, -0.4
"""Correlations from which two inputs repeat, and below which they oppose each other.

The bounds of the flags in COINr's correlation plots (W. Becker et al., Journal of Open Source Software 7, 2022), from
the practice of the European Commission's Joint Research Centre.
"""


@dataclass(frozen=True, slots=True)
class IndicatorProfile(Record):
    """The values of an indicator.

    Attributes
    ----------
    count, missing : rows with a value, and without.
    beyond_scale : the share of the values that lie beyond the ends of the scale; None if it is fitted to these rows.
    low, median, high : raw values; None for labels, and without a value.
    skewness, kurtosis : corrected for bias, see `riskmodel.kernels.moments`; None for labels, for too few values, and
        for values that do not vary.
    outlying : the number of extreme values because of which skewness and kurtosis are both too large; 0 if they are
        not, None if the whole column is skewed.
    labels : the number of rows with each label; None for numbers.
    """

    count: int
    missing: int
    beyond_scale: Share | None
    low: float | None
    median: float | None
    high: float | None
    skewness: float | None
    kurtosis: float | None
    outlying: int | None
    labels: Mapping[str, int] | None


@dataclass(frozen=True, slots=True)
class Correlation(Record):
    """The rank correlation of two inputs of a score.

    Attributes
    ----------
    first, second : the inputs.
    rows : that have both.
    spearman : of the directed intensities, so positive if both move the score the same way; None if one does not vary,
        or fewer than 3 rows have both.
    """

    first: str
    second: str
    rows: int
    spearman: float | None


@dataclass(frozen=True, slots=True)
class LeftOut(Record):
    """The ranks without an indicator, against those with it.

    Attributes
    ----------
    rows : that have a score with and without it.
    mean_shift, max_shift : of the absolute differences of ranks.
    spearman : the correlation of the ranks; None if all tie.
    """

    rows: int
    mean_shift: float
    max_shift: float
    spearman: float | None


@dataclass(frozen=True, slots=True)
class ScoreProfile(Record):
    """The inputs of a score.

    Attributes
    ----------
    correlations : of each pair of inputs that are known in some rows.
    left_out : by indicator; empty for a sub-score.
    """

    title: Annotated[str, HIDDEN]
    correlations: tuple[Correlation, ...]
    left_out: Mapping[str, LeftOut]


@dataclass(frozen=True)
class Profile(Result):
    """Content of a table: its indicators one by one, the correlations within each score, and leave-one-out ranks.

    Attributes
    ----------
    source, sha256
        The file, and its SHA-256; None for a frame.
    rows
        The number of rows.
    fitted
        The indicators whose scales the model leaves open (`fit:`), and which were fitted to these rows.
    indicators, scores
        By name.
    warnings
        Outliers, pairs of inputs that repeat or oppose each other, and indicators that do not vary.
    """

    model: ModelIdentity
    source: str
    sha256: str | None
    rows: int
    fitted: tuple[str, ...]
    indicators: Mapping[str, IndicatorProfile]
    scores: Mapping[str, ScoreProfile]
    warnings: Annotated[tuple[str, ...], Field(description="In words.")]
