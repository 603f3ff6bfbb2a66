"""The content of a workbook: plan, columns and values of a model and some situations."""

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np
from xlsxwriter.utility import xl_col_to_name

from riskmodel.analysis.situations import Case, names_of
from riskmodel.engine.plan import COVERAGE_TOLERANCE, build_plan
from riskmodel.kernels.types import Floats
from riskmodel.model import Model
from riskmodel.plan.program import Program
from riskmodel.plan.steps import Step
from riskmodel.schema.band_colours import BandColour, band_colours
from riskmodel.workbook.division import divide
from riskmodel.workbook.layout import FIRST_COLUMN, ROW, Layout, kind_text, titles_of
from riskmodel.workbook.numbers import number_text, range_text
from riskmodel.workbook.parameters import Parameters, parameters_of, position_text
from riskmodel.workbook.sheets import INVALID, SITUATIONS, VALUES, Cells
from riskmodel.workbook.views import STEPS, Slot, slots_of

INPUT_COLUMN = 2
"""The first column of the sheet of situations with values, after status and name."""


class Book:
    """The content of a workbook.

    Parameters
    ----------
    model : the model.
    cases : the situations.
    """

    def __init__(self, model: Model, cases: Sequence[Case]) -> None:
        self.model, self.cases = model, cases
        self.names = names_of(cases)
        self.indicators = list(model.spec.indicators)
        self.parameters: Parameters = parameters_of(model)
        changed = self.parameters.model
        self._plan = build_plan(changed, frozenset(changed.scores)).specialise()
        self._slots = slots_of(self._plan, changed, self.scores)
        outputs = [step for slot in self._slots for step in self._steps_of(slot)]
        self._few = divide(outputs)
        named = {self._few[step]: label.title for step, label in self._plan.labels.items() if step in self._few}
        self._layout = Layout(
            [(slot.sheet, self._few[slot.step] if slot.shows == "step" else None) for slot in self._slots],
            named,
            self._references,
            STEPS,
            [self._few[step] for slot in self._slots if slot.shows != "step" for step in self._steps_of(slot)],
        )
        titles = {name: part.title for name, part in changed.indicators.items()}
        self._titles = titles_of(self._layout, named, titles)

    def _steps_of(self, slot: Slot) -> list[Step]:
        """Return the steps that a slot shows, or is computed from."""
        if slot.shows == "status":
            return [slot.step, self._plan.scores[slot.score].coverage]
        return [] if slot.shows == "sum" else [slot.step]

    @cached_property
    def scores(self) -> list[str]:
        """The scores in the order of display: those from which no other is built first."""
        spec = self.model.spec
        return sorted(spec.scores, key=lambda name: name in spec.sub_scores)

    @property
    def _references(self) -> dict[str, str]:
        """The references of the inputs of the plan."""
        columns = enumerate(self.indicators, start=FIRST_COLUMN)
        values = {name: f"{VALUES}!{xl_col_to_name(column)}{ROW}" for column, name in columns}
        return values | {name: cell.reference for name, cell in self.parameters.weight_cells.items()}

    @cached_property
    def _numbers(self) -> Mapping[Step, Floats]:
        """The (n,) numbers of the steps with a column."""
        steps, count = list(self._layout.columns), len(self.cases)
        missing = float("nan")
        columns = {
            name: np.array([case.given.get(name, missing) for case in self.cases], dtype=float)
            for name in self.indicators
        }
        columns |= {name: np.full(count, float(cell)) for name, cell in self.parameters.weight_cells.items()}
        return (
            dict(zip(steps, Program(steps)(columns, count), strict=True))
            if count
            else dict.fromkeys(steps, np.empty(0))
        )

    def _values(self, step: Step) -> list[float | str]:
        return ["" if np.isnan(number) else number for number in map(float, self._numbers[step])]

    def sheets(self) -> dict[str, list[Cells]]:
        """Return the columns of formulas, by sheet."""
        sheets: dict[str, list[Cells]] = {}
        for slot, position, column in zip(self._slots, self._layout.positions, self._layout.slots, strict=True):
            if column is None:
                formula, values = self._shown(slot, position)
            else:
                formula, values = column.formula, self._values(column.step)
            width = 15 if slot.shows in ("band", "status") else 11
            bands = self._bands(slot.score) if slot.shows == "band" else {}
            cells = Cells(slot.section, slot.title, slot.detail, formula, values, slot.number_format, width, bands)
            sheets.setdefault(slot.sheet, []).append(cells)
        placed = {column.reference for column in self._layout.slots if column is not None}
        rest = [column for column in self._layout.columns.values() if column.reference not in placed]
        for column in sorted(rest, key=lambda column: column.position):
            title, step = self._titles[column.step], column.step
            cells = Cells("Calculation", title, kind_text(step), column.formula, self._values(step), "0.0000")
            sheets.setdefault(STEPS, []).append(cells)
        return sheets

    def _bands(self, name: str) -> dict[str, BandColour]:
        score = self.parameters.model.scores[name]
        return dict(zip(score.bands, band_colours(len(score.bands), score.better), strict=True))

    def _shown(self, slot: Slot, position: int) -> tuple[str, list[float | str]]:
        """Return the formula and the values of a column that is no step."""
        score, steps = self.parameters.model.scores[slot.score], self._plan.scores[slot.score]
        if slot.shows == "band":
            names, band = self.parameters.bands[slot.score], self._few[steps.band]
            cell, codes = self._layout.columns[band].reference, self._numbers[band].astype(int)
            shown: list[float | str] = ["" if code < 0 else score.bands[code] for code in codes]
            return f'IF({cell}<0,"",INDEX({range_text(names[0], names[-1])},{cell}+1))', shown
        if slot.shows == "status":
            least = score.provisional_below - COVERAGE_TOLERANCE
            reported, coverage = self._few[steps.reported], self._few[steps.coverage]
            value, share = (self._layout.columns[step].reference for step in (reported, coverage))
            text = f'IF(ISNUMBER({value}),IF({share}<{number_text(least)},"provisional","ok"),"insufficient data")'
            return text, [
                "insufficient data" if np.isnan(number) else "provisional" if known < least else "ok"
                for number, known in zip(self._numbers[reported], self._numbers[coverage], strict=True)
            ]
        entries = [self._numbers[self._few[entry.points]] for entry in steps.account]
        first, last = (xl_col_to_name(column) for column in (position - len(entries), position - 1))
        return f"SUM({slot.sheet}!{first}{ROW}:{last}{ROW})", [float(total) for total in np.nansum(entries, axis=0)]

    def read_values(self) -> list[Cells]:
        """Return the columns of the values as they are read: numbers, positions of labels, or `invalid`."""
        columns = []
        for column, name in enumerate(self.indicators, start=INPUT_COLUMN):
            valid, cell = self.parameters.valid[name], f"{SITUATIONS}!{xl_col_to_name(column)}{ROW}"
            if valid.labels is not None:
                position = position_text(valid.labels, cell)
                listed = f"SUMPRODUCT(EXACT({valid.labels},{cell})*1)"
                accepted = f'IF({listed}=0,"{INVALID}",{position})'
                detail = "position of the label, from 0"
            else:
                tests = [f"{cell}>={valid.low}"] * (valid.low is not None)
                tests += [f"{cell}<={valid.high}"] * (valid.high is not None)
                number = f'IF(AND({",".join(tests)}),{cell},"{INVALID}")' if tests else cell
                # TRUE is a number in Calc, and none in Excel.
                accepted = f'IF(ISLOGICAL({cell}),"{INVALID}",IF(ISNUMBER({cell}),{number},"{INVALID}"))'
                detail = "as typed, if it is valid"
            formula = f'IF(ISERROR({cell}),"{INVALID}",IF({cell}="","",{accepted}))'
            values: list[float | str] = [case.given.get(name, "") for case in self.cases]
            title = self.parameters.model.indicators[name].title
            columns.append(Cells("", title, detail, formula, values, "General"))
        return columns
