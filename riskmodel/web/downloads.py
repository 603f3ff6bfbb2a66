"""What the page offers to take away: the situations as a file, or what was made of them, each as its bytes and type."""

import csv
import io
import json
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from riskmodel.batch.scoring import Options, ScoringRun, Target
from riskmodel.documents.nodes import parse_scalar
from riskmodel.documents.situations import Situation, values_for
from riskmodel.errors import CONTROLS, SituationError
from riskmodel.model import Model
from riskmodel.tables.input_file import InputFile
from riskmodel.tables.rejects import Reject
from riskmodel.web.page_data import situation_data


class Download(NamedTuple):
    """A file to take away."""

    content: bytes
    media_type: str


def download(name: str, model: Model, situations: Sequence[Situation]) -> Download | None:
    """The file of that name; None where there is none.

    Parameters
    ----------
    name : one of `DOWNLOADS`.
    situations : one or more, valid for the model.
    """
    if name not in DOWNLOADS:
        return None
    make, media_type = DOWNLOADS[name]
    return Download(make(model, situations).encode(), media_type)


def _situation_yaml(model: Model, situations: Sequence[Situation]) -> str:
    import yaml

    class Dumper(yaml.SafeDumper):
        """Writes text so that it is read as the same text: by the rules of YAML 1.2, and by whatever reads 1.1."""

    def text(dumper: yaml.SafeDumper, content: str) -> yaml.Node:
        # Left plain, `1e3` would be a number; and some controls, if not escaped, are read as ends of lines.
        is_quoted = parse_scalar(content) != content or any(map(CONTROLS.search, content.split("\n")))
        return dumper.represent_scalar("tag:yaml.org,2002:str", content, style='"' if is_quoted else None)

    Dumper.add_representer(str, text)
    written: str = yaml.dump(_as_file(model, situations), Dumper=Dumper, sort_keys=False, allow_unicode=True, width=100)
    return written


def _situation_json(model: Model, situations: Sequence[Situation]) -> str:
    return json.dumps(_as_file(model, situations), indent=2, ensure_ascii=False) + "\n"


def _as_file(model: Model, situations: Sequence[Situation]) -> dict[str, Any]:
    told = [_plain({**situation_data(situation), "model": model.spec.id}) for situation in situations]
    return told[0] if len(told) == 1 else {"situations": told}


def _plain(content: Any) -> Any:
    """Whole numbers without a point, as people write them."""
    if isinstance(content, dict):
        return {key: _plain(value) for key, value in content.items()}
    return int(content) if isinstance(content, float) and content.is_integer() and abs(content) < 1e15 else content


def _assessment_json(model: Model, situations: Sequence[Situation]) -> str:
    found = [model.assess(situation).to_dict() for situation in situations]
    return json.dumps(found, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _scored_csv(model: Model, situations: Sequence[Situation]) -> str:
    """The situations as a table, scored as `riskmodel batch --explain` does."""
    table = _table(model, situations).encode()
    source = InputFile(io.BytesIO(table), "situations", len(table))
    scored = io.BytesIO()
    ScoringRun(source, model, Target.parse("-"), Options(explain=True), threads=1).score(scored, _refuse)
    return scored.getvalue().decode()


def _refuse(rejects: Sequence[Reject]) -> None:
    """Raise: no row can be rejected, since the situations are known to be valid."""
    raise SituationError(f"{rejects[0].column}: {rejects[0].reason}")


def _table(model: Model, situations: Sequence[Situation]) -> str:
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["id", "title", "date", *model.spec.indicators])
    for situation in situations:
        values, about = values_for(model.spec, situation), situation.spec
        cells = [values.get(name) for name in model.spec.indicators]
        rows.writerow([about.id, about.title, about.date, *map(_plain, cells)])
    return text.getvalue()


def _report(model: Model, situations: Sequence[Situation]) -> str:
    from riskmodel.report.html.full_report import report_document

    return report_document([(model, situation) for situation in situations])


DOWNLOADS: dict[str, tuple[Callable[[Model, Sequence[Situation]], str], str]] = {
    "situation.yaml": (_situation_yaml, "application/yaml"),
    "situation.json": (_situation_json, "application/json"),
    "assessment.json": (_assessment_json, "application/json"),
    "scored.csv": (_scored_csv, "text/csv"),
    "report.html": (_report, "text/html"),
}
