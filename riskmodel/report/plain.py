"""Figures and tables in plain text."""

from collections.abc import Iterator, Sequence

from riskmodel.results import Estimate


def table(headings: Sequence[str], rows: Sequence[Sequence[str]], align: str, indent: str = "  ") -> Iterator[str]:
    """A table whose columns are as wide as what stands in them.

    Parameters
    ----------
    headings : of each column; empty where it needs none.
    rows : of cells.
    align : a letter for each column, l or r.
    indent : what each line begins with.
    """
    lines = [headings, *rows]
    widths = [max(len(line[place]) for line in lines) for place in range(len(headings))]
    for line in lines:
        cells = (
            cell.rjust(width) if side == "r" else cell.ljust(width)
            for cell, width, side in zip(line, widths, align, strict=True)
        )
        yield (indent + "  ".join(cells)).rstrip()


def estimate_text(estimate: Estimate, signed: bool = False) -> str:
    """A figure and its interval, such as `0.728 (0.655 to 0.790)`; differences with their sign."""
    form = "+.3f" if signed else ".3f"
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:{form}}"
    return f"{estimate.value:{form}} ({estimate.low:{form}} to {estimate.high:{form}})"
