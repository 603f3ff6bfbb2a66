"""Tables in plain text."""

from collections.abc import Iterator, Sequence


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
