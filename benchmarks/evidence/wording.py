"""Sentences that follow from figures: what an interval says, by where it lies, period by period."""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from riskmodel.results import Estimate

ABOVE, BELOW, UNCLEAR, UNKNOWN = "above", "below", "unclear", "unknown"


Figure = Callable[[Estimate | None], str]
"""Format of an estimate."""


class Phrases(NamedTuple):
    """Phrases for an interval above a value, below it, and on both sides of it."""

    above: str
    below: str
    unclear: str


ORDER = Phrases("points the right way", "points the wrong way", "is indistinguishable from chance")
"""Of an area under the ROC curve, beside one half."""


def position(estimate: Estimate | None, value: float) -> str:
    """Return the side of a value on which an interval lies; unknown without an interval."""
    if estimate is None or estimate.low is None or estimate.high is None:
        return UNKNOWN
    if estimate.low > value:
        return ABOVE
    return BELOW if estimate.high < value else UNCLEAR


def by_period(
    estimates: Mapping[str, Estimate | None],
    value: float,
    phrases: Phrases,
    figure: Figure | None = None,
) -> str:
    """Describe the estimates of several periods relative to one value; periods that agree are named together.

    Parameters
    ----------
    estimates : by the heading of each period.
    value : what the intervals are held against.
    phrases : what to say of each position.
    figure : how an estimate is written; as an area or a share without it.
    """
    write = with_interval if figure is None else figure
    texts = {**phrases._asdict(), UNKNOWN: "the data are insufficient"}
    spans: dict[str, list[str]] = {}
    for heading, estimate in estimates.items():
        spans.setdefault(position(estimate, value), []).append(f"{span(heading)}{aside(write(estimate))}")
    return "; ".join(f"{texts[where]} in {listed(names)}" for where, names in spans.items())


def grouped(estimates: Mapping[str, Mapping[str, Estimate | None]], value: float, phrases: Phrases) -> Iterable[str]:
    """The names of what says the same, as a list of Markdown, each with the columns in which it does.

    Parameters
    ----------
    estimates : by name, and by the heading of a column.
    value : what the intervals are held against.
    phrases : what to say of each position.
    """
    texts = {**phrases._asdict(), UNKNOWN: "without an interval"}
    for where, text in texts.items():
        names = {
            name: [heading for heading, estimate in columns.items() if position(estimate, value) == where]
            for name, columns in estimates.items()
        }
        items = [f"`{name}` ({listed(headings)})" for name, headings in names.items() if headings]
        yield f"- {text.capitalize()}: {'; '.join(items) or 'none'}."


def aside(figure: str) -> str:
    """A figure with its interval in the middle of a sentence: in brackets, and none within them."""
    return f" ({figure.replace(' (', ', ').rstrip(')')})" if figure else ""


def span(heading: str) -> str:
    """The years in the heading of a period."""
    return heading.split(",", 1)[0]


def listed(names: Iterable[str]) -> str:
    """Names as a list in prose."""
    *before, last = names or [""]
    return f"{', '.join(before)} and {last}" if before else last


def with_interval(estimate: Estimate | None) -> str:
    """A figure and its interval; blank where there is none."""
    if estimate is None:
        return ""
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:.3f}"
    return f"{estimate.value:.3f} ({estimate.low:.2f}-{estimate.high:.2f})"


def brief(estimate: Estimate | None) -> str:
    """A figure alone; blank where there is none."""
    return "" if estimate is None else f"{estimate.value:.2f}"


def brief_signed(difference: Estimate | None) -> str:
    """A difference alone; blank where there is none."""
    return "" if difference is None else f"{difference.value:+.3f}"


def brief_percent(share: Estimate | None) -> str:
    """A signed share in per cent alone; blank where there is none."""
    return "" if share is None else f"{share.value:+.1%}"


def signed(difference: Estimate | None) -> str:
    """A difference and its interval; blank where there is none."""
    if difference is None:
        return ""
    if difference.low is None or difference.high is None:
        return f"{difference.value:+.3f}"
    return f"{difference.value:+.3f} ({difference.low:+.3f} to {difference.high:+.3f})"


def percent(share: Estimate | None) -> str:
    """A signed share in per cent and its interval; blank where there is none."""
    if share is None:
        return ""
    if share.low is None or share.high is None:
        return f"{share.value:+.1%}"
    return f"{share.value:+.1%} ({share.low:+.1%} to {share.high:+.1%})"
