"""Errors in user input: problems with position, field, value and the nearest valid answer, and their exceptions."""

import math
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple


class Problem(NamedTuple):
    """A problem of an input.

    Attributes
    ----------
    message
        The problem, with the value and the nearest valid answer where there is one.
    field
        The path in the document, such as `rules.misread.when`; empty for the whole document.
    file
        Path, or `<stdin>` or `--set`; empty for values that came from Python.
    line, column
        1-based; None without a source text.
    source
        The source line.
    """

    message: str
    field: str = ""
    file: str = ""
    line: int | None = None
    column: int | None = None
    source: str | None = None

    def __str__(self) -> str:
        position = ":".join(str(part) for part in (self.file, self.line, self.column) if part not in ("", None))
        text = ": ".join(escape_control(part) for part in (position, self.field, self.message) if part)
        if self.source is None or self.line is None or self.column is None:
            return text
        start = max(0, self.column - 1 - 60)
        excerpt = self.source[start : start + 110].rstrip()
        indent = re.sub(r"[^\t]", " ", escape_control(excerpt[: self.column - 1 - start]))
        gutter = f"{self.line:5d} | "
        return f"{text}\n{gutter}{escape_control(excerpt)}\n{' ' * (len(gutter) - 2)}| {indent}^"


CONTROLS = re.compile(
    r"[\x00-\x08\x0a-\x1f\x7f-\x9f"  # C0 but the tab, DEL, C1
    r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f"  # bidirectional and deprecated format controls
    r"\u2028\u2029\ufff9-\ufffb\ufffe\uffff\ud800-\udfff]"  # separators, annotations, noncharacters, surrogates
)
"""Characters that are escaped wherever text is shown: all controls, but no joiners or no-break spaces, which some
scripts need for their spelling."""


def escape_control(text: str) -> str:
    """Escape control characters, so that no text of a file can control a terminal or reverse a line; keep tabs."""
    # Most texts are printable, which is checked faster; no control character is.
    return text if text.isprintable() else CONTROLS.sub(lambda match: ascii(match[0])[1:-1], text)


def single_line(text: str) -> str:
    """Join the lines of a text and escape its control characters."""
    if text.isprintable() and "  " not in text:  # most texts
        return text
    return escape_control(re.sub(r"[ \t\n\v\f\r]+", " ", text))


def escape_control_lines(text: str) -> str:
    """Escape the control characters of a text, but keep its line ends."""
    return "\n".join(map(escape_control, text.split("\n")))


class RiskmodelError(ValueError):
    """Base class of all errors that this package raises for its input.

    Attributes
    ----------
    problems
        All problems of one pass, in the order of the text.
    """

    def __init__(self, problems: Sequence[Problem] | str) -> None:
        self.problems: tuple[Problem, ...] = (Problem(problems),) if isinstance(problems, str) else tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def with_file(self, file: str) -> list[Problem]:
        """Return the problems; those without a file get this one."""
        return [problem._replace(file=problem.file or file) for problem in self.problems]


class ModelError(RiskmodelError):
    """A model that cannot be used."""


class SituationError(RiskmodelError):
    """A situation, or a table of situations, that cannot be assessed."""


_MAX_LISTED = 3
"""Locations of the same problem that are listed; up to as many problems are reported one by one."""


def also_in(locations: Sequence[str]) -> str:
    """List further locations of a problem: ` (also in line 9, line 14, line 19 and 232 more)`; empty for none."""
    if not locations:
        return ""
    more = f" and {len(locations) - _MAX_LISTED:,} more" if len(locations) > _MAX_LISTED else ""
    return f" (also in {', '.join(locations[:_MAX_LISTED])}{more})"


def grouped(problems: Iterable[Problem]) -> list[Problem]:
    """Merge problems with the same message and key in many parts of a document into one that lists its locations."""
    groups: dict[tuple[str, str, str], list[Problem]] = {}
    for problem in dict.fromkeys(problems):
        key = ".".join(step for step in problem.field.split(".") if not step.isdecimal())
        groups.setdefault((problem.message, problem.file, key), []).append(problem)
    merged: list[Problem] = []
    for first, *others in groups.values():
        if len(others) < _MAX_LISTED:
            merged += [first, *others]
        else:
            locations = [f"line {other.line}" if other.line else other.field for other in others]
            merged.append(first._replace(message=first.message + also_in(locations)))
    return merged


_MAX_BITS = 1024
"""Of integers that are shown in full; larger ones exceed all floats."""


def repr_value(value: object) -> str:
    """Format a value for an error message, as a file would have it (`true`, not `True`), and shorten it if need be."""
    if value is None:
        return "nothing"
    if isinstance(value, int) and value.bit_length() > _MAX_BITS:
        return f"an integer of some {int(value.bit_length() * math.log10(2)):,} digits"
    text = repr(value) if not isinstance(value, bool) else str(value).lower()
    return text if len(text) <= 60 else f"{text[:57]}..."


def counted(count: int, noun: str, plural: str = "") -> str:
    """Format a count with its noun: `1 row`, `1,234 rows`."""
    return f"{count:,} {noun if count == 1 else plural or f'{noun}s'}"


def suggest(word: str, known: Iterable[str], short: bool = True) -> str:
    """Return `; did you mean 'escalation'?` for a close match, else `; known: a, b, c` for a short list, else ''.

    Parameters
    ----------
    word : the unknown word.
    known : the valid words.
    short : list the valid words if there are at most 12 and none is close.
    """
    import difflib

    choices = list(known)
    lowered = {choice.lower(): choice for choice in choices}
    close = difflib.get_close_matches(str(word).lower(), lowered, n=1, cutoff=0.6)
    if close:
        return f"; did you mean {lowered[close[0]]!r}?"
    if short and 0 < len(choices) <= 12:
        return f"; known: {', '.join(choices)}"
    return ""


def suggest_file(path: Path) -> str:
    """Return `; did you mean 'trade.csv'?` for a close match in the folder of a file that is not there, else ''."""
    try:
        siblings = [entry.name for entry in path.parent.iterdir()]
    except OSError:
        return ""
    return suggest(path.name, siblings, short=False)
