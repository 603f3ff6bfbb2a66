"""What can go wrong with what a user hands in, and how it is said: place, field, value, nearest right answer."""

import math
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Problem(NamedTuple):
    """One thing that is wrong with one input.

    Attributes
    ----------
    message
        What is wrong, with the value and the nearest right answer where there is one.
    field
        Where in the document, such as `rules.misread.when`; empty for the document as a whole.
    file
        Path, or what stands in for one (`<stdin>`, `--set`); empty for values that came from Python.
    line, column
        1-based; None where there is no text behind the value.
    source
        The line of text itself.
    """

    message: str
    field: str = ""
    file: str = ""
    line: int | None = None
    column: int | None = None
    source: str | None = None

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part not in ("", None))
        said = ": ".join(escape_control(part) for part in (place, self.field, self.message) if part)
        if self.source is None or self.line is None or self.column is None:
            return said
        start = max(0, self.column - 1 - 60)
        repr_value = self.source[start : start + 110].rstrip()
        indent = re.sub(r"[^\t]", " ", escape_control(repr_value[: self.column - 1 - start]))
        gutter = f"{self.line:5d} | "
        return f"{said}\n{gutter}{escape_control(repr_value)}\n{' ' * (len(gutter) - 2)}| {indent}^"


CONTROLS = re.compile(
    r"[\x00-\x08\x0a-\x1f\x7f-\x9f"  # C0 but the tab, DEL, C1
    r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f"  # bidirectional and deprecated format controls
    r"\u2028\u2029\ufff9-\ufffb\ufffe\uffff\ud800-\udfff]"  # separators, annotations, what is no character
)
"""Characters that are escaped wherever text is shown. Letters of every script are not among them, nor the joiners and
no-break spaces that belong to their spelling."""


def escape_control(text: str) -> str:
    """Escape control characters, so that no text of a file can steer a terminal or turn a line round; tabs stay."""
    return CONTROLS.sub(lambda match: ascii(match[0])[1:-1], text)


def single_line(text: str) -> str:
    """Join the lines of a text, and escape the control characters in it."""
    return escape_control(re.sub(r"[ \t\n\v\f\r]+", " ", text))


def escape_control_lines(text: str) -> str:
    """Escape the control characters of a text that has lines of its own."""
    return "\n".join(map(escape_control, text.split("\n")))


class RiskmodelError(ValueError):
    """The base of every error that this package raises for what it was given.

    Attributes
    ----------
    problems
        Every problem found in one pass, in the order in which they stand in the text.
    """

    def __init__(self, problems: Sequence[Problem] | str) -> None:
        self.problems: tuple[Problem, ...] = (Problem(problems),) if isinstance(problems, str) else tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def with_file(self, file: str) -> list[Problem]:
        """The problems, those that name no file as problems of this one."""
        return [problem._replace(file=problem.file or file) for problem in self.problems]


class ModelError(RiskmodelError):
    """A model file that cannot be used."""


class SituationError(RiskmodelError):
    """A situation, or a table of them, that cannot be assessed."""


_ALSO = 3
"""How many further places of the same problem are named; as many problems are told one by one."""


def also_in(places: Sequence[str]) -> str:
    """Name the further places of a problem: ` (also in line 9, line 14, line 19 and 232 more)`; empty for none."""
    if not places:
        return ""
    more = f" and {len(places) - _ALSO:,} more" if len(places) > _ALSO else ""
    return f" (also in {', '.join(places[:_ALSO])}{more})"


def grouped(problems: Iterable[Problem]) -> list[Problem]:
    """Problems without repetitions: what is wrong alike with the same key of many parts of a document is told once."""
    groups: dict[tuple[str, str, str], list[Problem]] = {}
    for problem in dict.fromkeys(problems):
        key = ".".join(step for step in problem.field.split(".") if not step.isdecimal())
        groups.setdefault((problem.message, problem.file, key), []).append(problem)
    told: list[Problem] = []
    for first, *others in groups.values():
        if len(others) < _ALSO:
            told += [first, *others]
        else:
            places = [f"line {other.line}" if other.line else other.field for other in others]
            told.append(first._replace(message=first.message + also_in(places)))
    return told


_MAX_BITS = 1024
"""Of an integer that is shown by its digits; floats have no larger ones."""


def repr_value(value: object) -> str:
    """A value as an error shows it: in the words of a file rather than of Python, and not at any length."""
    if value is None:
        return "nothing"
    if isinstance(value, int) and value.bit_length() > _MAX_BITS:
        return f"an integer of some {int(value.bit_length() * math.log10(2)):,} digits"
    text = repr(value) if not isinstance(value, bool) else str(value).lower()
    return text if len(text) <= 60 else f"{text[:57]}..."


def counted(count: int, noun: str, plural: str = "") -> str:
    """A count with its noun: `1 row`, `1,234 rows`."""
    return f"{count:,} {noun if count == 1 else plural or f'{noun}s'}"


def suggest(word: str, known: Iterable[str], short: bool = True) -> str:
    """`; did you mean 'escalation'?` where something known is near, else `; known: a, b, c` for a short list, else ''.

    Parameters
    ----------
    word : what was written.
    known : what could have been written.
    short : whether to list what is known, if it is little, where nothing is near.
    """
    import difflib

    choices = list(known)
    close = difflib.get_close_matches(str(word).lower(), choices, n=1, cutoff=0.6)
    if close:
        return f"; did you mean {close[0]!r}?"
    if short and 0 < len(choices) <= 12:
        return f"; known: {', '.join(choices)}"
    return ""
