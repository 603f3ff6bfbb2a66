"""Numbers in formulas: literals, and the numbers of a model that stand in cells."""

from collections.abc import Sequence


class CellNumber(float):
    """A number of a model that stands in a cell, so that a formula refers to the cell.

    No two cells are equal, whatever numbers stand in them, and no cell equals a plain number: a plan must not depend on
    numbers that a reader of the workbook may change.

    Parameters
    ----------
    value : the number.
    reference : the absolute reference of the cell, or an expression of such references, such as `LN(Scales!$C$7)`.
    """

    reference: str

    def __new__(cls, value: float, reference: str) -> "CellNumber":
        """Return a number with a reference."""
        number = super().__new__(cls, value)
        number.reference = reference
        return number

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CellNumber) and other.reference == self.reference

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self.reference)

    def __repr__(self) -> str:
        return self.reference

    def __sub__(self, other: float) -> "CellNumber":
        return CellNumber(float(self) - float(other), f"({self.reference}-{number_text(other)})")

    def __rsub__(self, other: float) -> "CellNumber":
        return CellNumber(float(other) - float(self), f"({number_text(other)}-{self.reference})")


def number_text(number: float) -> str:
    """Return a number as it is written in a formula: a reference, or a literal, in parentheses if negative."""
    if isinstance(number, CellNumber):
        return number.reference
    text = repr(float(number)).upper().removesuffix(".0")
    return f"({text})" if text.startswith("-") else text


def column_text(numbers: Sequence[float]) -> str:
    """Return numbers as a column of a formula: the range from the first cell to the last, or an array of literals."""
    first, last = numbers[0], numbers[-1]
    if isinstance(first, CellNumber) and isinstance(last, CellNumber):
        return range_text(first.reference, last.reference)
    return f"{{{';'.join(repr(float(number)) for number in numbers)}}}"


def range_text(first: str, last: str) -> str:
    """Return the range between two cells of a sheet."""
    return f"{first}:{last.rpartition('!')[2]}"
