"""A model in short, as text."""

from io import StringIO

from riskmodel.errors import printable, single_line
from riskmodel.model import Model
from riskmodel.spec import wording


def summary(model: Model, width: int = 120) -> str:
    """Indicators with unit, scale and weights; groups; scores with bands; rules; scenarios.

    Parameters
    ----------
    model : any valid model.
    width : characters to a line.
    """
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    spec, identity = model.spec, model.identity
    out = StringIO()
    console = Console(file=out, width=width, color_system=None, highlight=False, markup=False, emoji=False)
    version = f" {spec.version}" if spec.version else ""
    console.print(f"{single_line(identity.title)}\n{single_line(spec.id + version)}, ", end="")
    console.print(f"fingerprint {identity.short_fingerprint}\n")
    inputs = Table("Indicator", "Unit", "Intensity", *spec.scores, box=SIMPLE_HEAD, pad_edge=False)
    for name, indicator in spec.indicators.items():
        weights = (
            wording.weight_words(spec, score_name, name) if name in score.weights else ""
            for score_name, score in spec.scores.items()
        )
        inputs.add_row(name, indicator.unit or "", wording.scale_words(indicator.scale), *weights)
    console.print(inputs)
    for name in spec.groups:
        console.print(f"Group {name}: {', '.join(spec.members(name)) or 'no indicator'}")
    scores = Table("Score", "Mean", "Built from scores", "Bands", box=SIMPLE_HEAD, pad_edge=False)
    for name, score in spec.scores.items():
        parts = ", ".join(
            f"{part} {wording.weight_words(spec, name, part)}" for part in score.weights if part in spec.scores
        )
        bands = ", ".join(f"{band} from {start:g}" for band, start in score.bands.items())
        scores.add_row(f"{name} (out of {score.out_of:g})", wording.mean_words(score), parts, bands)
    console.print(scores)
    rules = Table("Rule", "When", "Then", box=SIMPLE_HEAD, pad_edge=False)
    for name, rule in spec.rules.items():
        effects = ", ".join(f"{score} {effect.describe()}" for score, effect in rule.then.items())
        rules.add_row(name, rule.when, effects)
    if spec.rules:
        console.print(rules)
    if spec.scenarios:
        console.print(f"Scenarios: {', '.join(spec.scenarios)}")
    return "\n".join(printable(line.rstrip()) for line in out.getvalue().split("\n")).rstrip("\n")
