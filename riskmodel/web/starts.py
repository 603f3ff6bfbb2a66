"""Where a what-if can start from: a situation given, the model's own scenarios, and the examples that ship with it."""

from collections.abc import Sequence
from typing import Any

from riskmodel.errors import RiskmodelError
from riskmodel.load.files import shipped_folder
from riskmodel.load.situations import Situation, read_situations
from riskmodel.model import Model

_GIVEN, _SCENARIO, _EXAMPLE = "Given", "Scenarios of the model", "Examples"


def starts(model: Model, given: Situation | None) -> list[dict[str, Any]]:
    """Every start as plain data for JSON: what kind it is, a key, a title, and the situation.

    Parameters
    ----------
    model : what the situations must be valid for.
    given : a situation that comes before all others, known to be valid.
    """
    found = [(_GIVEN, given)] if given else []
    found += [(_SCENARIO, situation) for situation in model.scenarios.values()]
    found += [(_EXAMPLE, situation) for situation in _examples() if _fits(model, situation)]
    return [_start(kind, situation) for kind, situation in found]


def first_of(found: Sequence[dict[str, Any]]) -> str | None:
    """The key of the start that the page begins with: what was given, else an example, else what there is."""
    order = (_GIVEN, _EXAMPLE, _SCENARIO)
    return min(found, key=lambda start: order.index(start["kind"]))["key"] if found else None


def situation_data(situation: Situation) -> dict[str, Any]:
    """A situation as a situation file has it, without what is not given; changes are among its values."""
    content = situation.spec.model_dump(mode="json", exclude_defaults=True, exclude={"values"})
    values = situation.spec.model_copy(update={"values": situation.values}).model_dump(mode="json")["values"]
    return {**content, "values": values}


def _start(kind: str, situation: Situation) -> dict[str, Any]:
    spec = situation.spec
    title = spec.title or spec.id or "A situation"
    date = f" ({spec.date})" if spec.date and spec.date not in title else ""
    key = _GIVEN.lower() if kind == _GIVEN else spec.id or title
    return {"kind": kind, "key": key, "title": f"{title}{date}", "situation": situation_data(situation)}


def _examples() -> list[Situation]:
    folder = shipped_folder("examples")
    files = sorted(path for path in folder.glob("*.*") if path.suffix in (".yaml", ".json"))
    return [situation for file in files for situation in read_situations(file)]


def _fits(model: Model, situation: Situation) -> bool:
    """Whether an example can be asked of this model: they were written for the default one."""
    if situation.model not in (None, model.spec.id):
        return False
    try:
        model.assess(situation)
    except RiskmodelError:
        return False
    return True
