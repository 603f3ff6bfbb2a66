"""Data of the page: controls of the model's indicators, presets, and downloads."""

import csv
import io
import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from functools import cache
from itertools import chain
from typing import Any, NamedTuple

from riskmodel.batch.scoring import Options, ScoringRun
from riskmodel.batch.target import Target
from riskmodel.documents.document import shipped_folder
from riskmodel.documents.nodes import parse_scalar
from riskmodel.documents.situations import Situation, read_situations, values_for
from riskmodel.errors import CONTROLS, ModelError, RiskmodelError, SituationError
from riskmodel.model import Model
from riskmodel.report import formatting
from riskmodel.schema.band_colours import band_colours
from riskmodel.schema.breakpoints import Range, indicator_range
from riskmodel.schema.model import ModelSpec
from riskmodel.schema.parts import Indicator, Score
from riskmodel.tables.input_file import InputFile
from riskmodel.tables.rejects import Reject
from riskmodel.web.needed import core

_MIN_STEPS = 100
"""Smallest number of steps of a slider."""
_GIVEN, _SCENARIO, _EXAMPLE = "Given", "Scenarios of the model", "Examples"


def controls(model: Model) -> dict[str, Any]:
    """Return the scores and indicators of a model, and the groups of controls."""
    spec = model.spec
    return {
        "model": {**asdict(model.identity), "description": spec.description},
        "scores": [_score(spec, name, score) for name, score in spec.scores.items()],
        "indicators": {name: _indicator(spec, name, indicator) for name, indicator in spec.indicators.items()},
        "groups": [{"title": title, "indicators": names} for title, names in _groups(model)],
    }


def _groups(model: Model) -> Iterator[tuple[str, list[str]]]:
    """Yield the core, then the other indicators by the groups of the model."""
    spec, core_names = model.spec, core(model)
    rest = [name for name in spec.indicators if name not in core_names]
    yield ("Core" if rest else "Indicators"), core_names
    for group in [*spec.groups, None]:
        if names := [name for name in rest if spec.indicators[name].group == group]:
            yield (f"Context: {spec.groups[group].title}" if group else "Context"), names


def _score(spec: ModelSpec, name: str, score: Score) -> dict[str, Any]:
    return {
        "name": name,
        "title": score.title or name,
        "out_of": score.out_of,
        "bands": dict(score.bands),
        "colours": [colour._asdict() for colour in band_colours(len(score.bands), score.better)],
        "is_sub_score": name in spec.sub_scores,
    }


def _indicator(spec: ModelSpec, name: str, indicator: Indicator) -> dict[str, Any]:
    labels = indicator.labels
    return {
        "title": indicator.title or name,
        "unit": indicator.unit,
        "description": indicator.description,
        "valid": list(indicator.valid or (None, None)),
        "valid_text": indicator.valid_text,
        "default": indicator.assumed,
        "labels": None if labels is None else list(labels),
        "slider": _slider(spec, name) if labels is None else None,
        "guide": [{"value": value, "text": meaning} for value, meaning in indicator.anchors],
    }


def _slider(spec: ModelSpec, name: str) -> dict[str, Any] | None:
    """Return the ends and the step of a slider; None if the indicator has no range."""
    try:
        slider = indicator_range(spec, name)
    except ModelError:
        return None
    return {**slider._asdict(), "step": _step(slider)}


def _step(slider: Range) -> float:
    """Return the step as 1, 2 or 5 times a power of ten; on a logarithmic slider in decades."""
    width = math.log10(slider.high / slider.low) if slider.logarithmic else slider.high - slider.low
    if width <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(width / _MIN_STEPS))
    return next(power * factor for factor in (5.0, 2.0, 1.0) if power * factor <= width / _MIN_STEPS * (1 + 1e-9))


def presets(model: Model, given: Situation | None) -> list[dict[str, Any]]:
    """Return kind, key, title and situation of each preset that is valid for a model.

    Parameters
    ----------
    given : a valid situation that comes first.
    """
    situations = [(_GIVEN, given)] if given else []
    situations += [(_SCENARIO, situation) for situation in model.scenarios.values()]
    situations += [(_EXAMPLE, situation) for situation in _examples() if _is_for(model, situation)]
    return [_preset(kind, situation) for kind, situation in situations]


def first_of(presets: Sequence[dict[str, Any]]) -> str | None:
    """Return the key of the first preset shown: the given situation, else an example, else a scenario."""
    order = (_GIVEN, _EXAMPLE, _SCENARIO)
    return min(presets, key=lambda preset: order.index(preset["kind"]))["key"] if presets else None


def situation_data(situation: Situation) -> dict[str, Any]:
    """Return the content of a situation file, without defaults and with changes applied."""
    content = situation.spec.model_dump(mode="json", exclude_defaults=True, exclude={"values"})
    values = situation.spec.model_copy(update={"values": situation.values}).model_dump(mode="json")["values"]
    return {**content, "values": values}


def _preset(kind: str, situation: Situation) -> dict[str, Any]:
    spec = situation.spec
    title = spec.title or spec.id or "A situation"
    date = f" ({spec.date})" if spec.date and spec.date not in title else ""
    key = _GIVEN.lower() if kind == _GIVEN else spec.id or title
    return {"kind": kind, "key": key, "title": f"{title}{date}", "situation": situation_data(situation)}


@cache
def _examples() -> tuple[Situation, ...]:
    folder = shipped_folder("examples")
    files = sorted(path for path in folder.glob("*.*") if path.suffix in (".yaml", ".json"))
    situations = (read_situations(file) for file in files if not file.name.startswith("recipe_"))
    return tuple(chain.from_iterable(situations))


def _is_for(model: Model, situation: Situation) -> bool:
    """Check if a model can assess an example; the examples are written for the default model."""
    if situation.model not in (None, model.spec.id):
        return False
    try:
        model.assess(situation)
    except RiskmodelError:
        return False
    return True


class Download(NamedTuple):
    """A file that the page offers."""

    content: bytes
    media_type: str


def download(name: str, model: Model, situations: Sequence[Situation]) -> Download | None:
    """Return the download with a name of `DOWNLOADS`; None for any other name.

    Parameters
    ----------
    situations : one or more, valid for the model.
    """
    if name not in DOWNLOADS:
        return None
    render, media_type = DOWNLOADS[name]
    content = render(model, situations)
    return Download(content.encode() if isinstance(content, str) else content, media_type)


def _situation_yaml(model: Model, situations: Sequence[Situation]) -> str:
    import yaml

    class Dumper(yaml.SafeDumper):
        """Quote text that a YAML 1.1 or 1.2 reader would take for another type."""

    def represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
        # Plain, `1e3` would be a number, and some control characters line ends.
        is_quoted = parse_scalar(text) != text or any(map(CONTROLS.search, text.split("\n")))
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"' if is_quoted else None)

    Dumper.add_representer(str, represent_text)
    content = _file_content(model, situations)
    text: str = yaml.dump(content, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=100)
    return text


def _situation_json(model: Model, situations: Sequence[Situation]) -> str:
    return json.dumps(_file_content(model, situations), indent=2, ensure_ascii=False) + "\n"


def _file_content(model: Model, situations: Sequence[Situation]) -> dict[str, Any]:
    contents = [_with_integers({**situation_data(situation), "model": model.spec.id}) for situation in situations]
    return contents[0] if len(contents) == 1 else {"situations": contents}


def _with_integers(content: Any) -> Any:
    """Replace whole floats by integers, which are written without a decimal point."""
    if isinstance(content, dict):
        return {key: _with_integers(value) for key, value in content.items()}
    return int(content) if isinstance(content, float) and content.is_integer() and abs(content) < 1e15 else content


def _assessment_json(model: Model, situations: Sequence[Situation]) -> str:
    assessments = [model.assess(situation).to_dict() for situation in situations]
    return json.dumps(assessments, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _scored_csv(model: Model, situations: Sequence[Situation]) -> str:
    table = _table(model, situations).encode()
    source = InputFile(io.BytesIO(table), "situations", len(table))
    output = io.BytesIO()
    ScoringRun(source, model, Target.parse("-"), Options(explain=True), threads=1).score(output, _raise_on_reject)
    text = output.getvalue().decode()
    return _with_bounds_of_ranges(text, model, situations) if any(item.distributions for item in situations) else text


def _with_bounds_of_ranges(text: str, model: Model, situations: Sequence[Situation]) -> str:
    """Widen bounds of a scored table, which has the medians of ranges, to those that hold all of each range."""
    rows = list(csv.DictReader(io.StringIO(text)))
    for row, situation in zip(rows, situations, strict=True):
        for name, score in model.assess(situation).scores.items():
            row[f"{name}_low"] = formatting.number(score.reported_low, score.decimals)
            row[f"{name}_high"] = formatting.number(score.reported_high, score.decimals)
    widened = io.StringIO()
    writer = csv.DictWriter(widened, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return widened.getvalue()


def _raise_on_reject(rejects: Sequence[Reject]) -> None:
    raise SituationError(f"{rejects[0].column}: {rejects[0].reason}")


def _table(model: Model, situations: Sequence[Situation]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["id", "title", "date", *model.spec.indicators])
    for situation in situations:
        values, spec = values_for(model.spec, situation), situation.spec
        cells = [values.get(name) for name in model.spec.indicators]
        writer.writerow([spec.id, spec.title, spec.date, *map(_with_integers, cells)])
    return text.getvalue()


def _report(model: Model, situations: Sequence[Situation]) -> str:
    from riskmodel.report.html.full_report import report_document

    return report_document([(model, situation) for situation in situations])


def _paper(model: Model, situations: Sequence[Situation]) -> bytes:
    from riskmodel.report.print_pdf import printed

    return printed(_report(model, situations))


def _brief(model: Model, situations: Sequence[Situation]) -> bytes:
    from riskmodel.report.brief_docx import docx_document

    return docx_document([model.assess(situation) for situation in situations])


DOWNLOADS: dict[str, tuple[Callable[[Model, Sequence[Situation]], str | bytes], str]] = {
    "situation.yaml": (_situation_yaml, "application/yaml"),
    "situation.json": (_situation_json, "application/json"),
    "assessment.json": (_assessment_json, "application/json"),
    "scored.csv": (_scored_csv, "text/csv"),
    "report.html": (_report, "text/html"),
    "report.pdf": (_paper, "application/pdf"),
    "brief.docx": (_brief, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
}
