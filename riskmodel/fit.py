"""Fitting a model: its `fit:` scales become goalposts or points found in data, and the file keeps all the rest."""

import csv
import json
import math
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from riskmodel.errors import ModelError, Problem, SituationError
from riskmodel.frame import read_columns
from riskmodel.kernels import fitting
from riskmodel.kernels.scales import Floats
from riskmodel.load.files import Document
from riskmodel.load.models import LoadedModel
from riskmodel.load.places import locate
from riskmodel.spec.scales import Fit


class Fitted(NamedTuple):
    """What was found for one indicator: its new scale, how many values it rests on, and perhaps a warning."""

    indicator: str
    method: str
    values: int
    scale: dict[str, list[Any]]
    warning: str | None


def read_csv(path: str | Path) -> pd.DataFrame:
    """A CSV file with every cell as text, its index the line in the file (where no cell holds a line break).

    Raises
    ------
    SituationError
        Where the file cannot be read as CSV, has ragged rows, or a column that stands twice.
    """
    name = str(path)
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            rows = list(csv.reader(file, strict=True))
    except FileNotFoundError:
        raise SituationError([Problem("there is no such file", file=name)]) from None
    except (OSError, ValueError, csv.Error) as error:
        raise SituationError([Problem(f"cannot be read as CSV: {error}", file=name)]) from None
    if not rows or not any(rows[0]):
        raise SituationError([Problem("has no header", file=name)])
    header, lines = rows[0], {number: row for number, row in enumerate(rows[1:], start=2) if row}
    if len(header) == 1 and any(mark in header[0] for mark in ";\t"):
        raise SituationError([Problem("seems to be separated by semicolons or tabs; separate it by commas", file=name)])
    twice = sorted({column for column in header if header.count(column) > 1})
    problems = [Problem("stands twice in the header", f"column {column}", name, 1, 1) for column in twice]
    problems += [
        Problem(f"has {len(row)} cells; the header has {len(header)}", "", name, number, 1)
        for number, row in lines.items()
        if len(row) != len(header)
    ]
    if problems:
        raise SituationError(problems[:20])
    index = pd.Index(list(lines), name="line")
    return pd.DataFrame(list(lines.values()), columns=header, index=index, dtype=str)


def fit(model: LoadedModel, frame: pd.DataFrame) -> list[Fitted]:
    """Find the scale of every indicator that is not fitted yet.

    Parameters
    ----------
    model : the model with its `fit:` scales.
    frame : the data, a column for each of those indicators.

    Raises
    ------
    ModelError
        Where there is nothing to fit.
    SituationError
        Where a column is not there, has no value, or has values that are not valid.
    """
    names = model.spec.unfitted
    if not names:
        raise ModelError(f"model {model.spec.id!r} has no scale to fit")
    absent = [name for name in names if name not in frame.columns]
    if absent:
        raise SituationError([Problem(f"there is no column {name!r} to fit its scale to") for name in absent])
    columns = read_columns(model.spec, frame[list(names)])
    return [_fit_one(name, model.spec.indicators[name].scale, columns[name]) for name in names]


def _fit_one(name: str, scale: object, column: Floats) -> Fitted:
    assert isinstance(scale, Fit)  # noqa: S101
    values = column[~np.isnan(column)]
    if len(values) == 0:
        raise SituationError(f"column {name!r} has no value to fit a scale to")
    low, high = float(values.min()), float(values.max())
    if low == high:
        constant: dict[str, list[Any]] = {"points": [[low, 0.5]]}
        return Fitted(name, scale.fit, len(values), constant, f"every value is {low:g}; the scale gives 0.5 for all")
    if scale.fit == "percentile":
        found: dict[str, list[Any]] = {"points": [list(point) for point in fitting.percentile(values)]}
    else:
        kernel = fitting.minmax if scale.fit == "minmax" else fitting.zscore
        low, high = kernel(values)
        if not math.isfinite(high - low) or low == high:
            raise SituationError(f"column {name!r} gives goalposts that cannot be computed with: {low:g} and {high:g}")
        found = {"goalposts": [low, high]}
    return Fitted(name, scale.fit, len(values), found, None)


def fitted_text(model: LoadedModel, found: list[Fitted]) -> str:
    """The text of the model file with the fitted scales in place of `fit:`; comments and all else stay as they are.

    Raises
    ------
    ModelError
        Where one `fit:` serves several indicators because a YAML alias stands for a whole indicator.
    """
    text = model.document.text
    patches = [_patch(model.document, fitted) for fitted in found]
    if len({start for start, _, _ in patches}) < len(patches):
        message = "an alias shares one `fit:` among indicators; write each indicator out"
        raise ModelError([Problem(message, file=model.document.name)])
    for start, end, patch in sorted(patches, reverse=True):
        text = text[:start] + patch + text[end:]
    return text


def _patch(document: Document, fitted: Fitted) -> tuple[int, int, str]:
    """Where a text changes, and to what: the pair `fit: method`, or the YAML alias that stands for the whole scale."""
    scale = locate(document.root, ("indicators", fitted.indicator, "scale")).node
    assert isinstance(scale.value, dict)  # noqa: S101  (validated: a `fit:` scale is a mapping, read from a text)
    assert scale.span is not None  # noqa: S101
    method = scale.value["fit"].span
    assert method is not None  # noqa: S101
    key = scale.keys["fit"]
    quote = document.text[key.start] if document.text[key.start] in "\"'" else ""
    ((kind, numbers),) = fitted.scale.items()
    pair = f"{quote}{kind}{quote}: {json.dumps(numbers)}"
    if document.text[scale.span.start] == "*":
        return scale.span.start, scale.span.end, f"{{{pair}}}"
    return key.start, method.end, pair
