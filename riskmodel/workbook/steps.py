"""Steps in formulas: one function for each kind of step, from the texts of its arguments to the text of a formula.

Unknown is an empty text, which is more than every number and no number in a sum: whatever may be unknown stands behind
`ISNUMBER`. Only functions that Excel and LibreOffice Calc have had for long are used, none of them on arrays but
`INDEX` and `MATCH`. Comparisons give 1 or 0, since programs differ in whether they count TRUE.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from riskmodel.plan import steps
from riskmodel.plan.numpy_steps import GEOMETRIC_TOLERANCE, ROUNDING_TOLERANCE, TOLERANCE
from riskmodel.plan.steps import Step
from riskmodel.workbook.numbers import column_text, number_text

UNKNOWN = '""'
_LARGEST_EXPONENT = 709
"""Beyond it EXP is an error, and of an infinite number in numpy, so that the intensity is 0."""

Formula: TypeAlias = Callable[..., str]
"""Called with a step and the texts of its arguments."""


def formula(step: Step, texts: Sequence[str]) -> str:
    """Return the formula of a step, without `=`.

    Parameters
    ----------
    step : the step; arguments that may be unknown are `nullable`.
    texts : the arguments: references, literals, or expressions in parentheses. One that may be unknown must be a
        reference, because MIN and MAX pass over a text only there.
    """
    text: str = _FORMULAS[type(step)](step, *texts)
    if isinstance(step, _WITH_UNKNOWN):
        return text
    unsure = dict.fromkeys(text for arg, text in zip(step.args, texts, strict=True) if arg.nullable)
    return _if_known(list(unsure), text)


def _if_known(texts: Sequence[str], text: str, otherwise: str = UNKNOWN) -> str:
    if not texts:
        return text
    tests = [f"ISNUMBER({unsure})" for unsure in texts]
    condition = tests[0] if len(tests) == 1 else f"AND({','.join(tests)})"
    return f"IF({condition},{text},{otherwise})"


def _constant(step: steps.Constant) -> str:
    return UNKNOWN if math.isnan(step.value) else number_text(step.value)


def _ramp(step: steps.Ramp, x: str) -> str:
    start, end = number_text(step.start), number_text(step.end)
    return f"MAX(0,MIN(1,({x}-{start})/({end}-{start})))"


def _beyond(step: steps.Beyond, x: str) -> str:
    return f"IF({x}{'>' if step.above else '<'}{number_text(step.threshold)},1,0)"


def _line(step: steps.Line, x: str) -> str:
    raws, values = column_text(step.raws), column_text(step.values)
    first, last = (f"INDEX({{}},{position})" for position in (1, len(step.raws)))
    place = f"MATCH({x},{raws},1)"
    left, low = f"INDEX({raws},{place})", f"INDEX({values},{place})"
    right, high = f"INDEX({raws},{place}+1)", f"INDEX({values},{place}+1)"
    between = f"{low}+({high}-{low})*({x}-{left})/({right}-{left})"
    inside = f"IF({x}>={last.format(raws)},{last.format(values)},{between})"
    return f"IF({x}<={first.format(raws)},{first.format(values)},{inside})"


def _log(step: steps.Log, x: str) -> str:
    return f"LN(MAX({x},{number_text(step.lowest)}))"


def _logistic(step: steps.Logistic, x: str) -> str:
    exponent = f"{number_text(step.slope)}*({number_text(step.midpoint)}-{x})"
    return f"IF({exponent}>{_LARGEST_EXPONENT},0,1/(1+EXP(MAX(-{_LARGEST_EXPONENT},{exponent}))))"


def _lookup(step: steps.Lookup, x: str) -> str:
    return f"INDEX({column_text(step.values)},{x}+1)"


def _is_label(step: steps.IsLabel, x: str) -> str:
    return f"IF({x}={step.position},1,0)"


def _known(step: steps.Known, x: str) -> str:
    return f"IF(ISNUMBER({x}),1,0)" if step.x.nullable else "1"


def _fill(step: steps.Fill, x: str) -> str:
    value = UNKNOWN if math.isnan(step.value) else number_text(step.value)
    return _if_known([x], x, value) if step.x.nullable else x


def _complement(step: steps.Complement, x: str) -> str:
    return f"1-{x}"


def _extreme(function: str) -> Formula:
    return lambda step, *items: f"{function}({','.join(items)})"


def _known_extreme(function: str) -> Formula:
    def text(step: Step, *items: str) -> str:
        joined = f"{function}({','.join(items)})"
        return f"IF(COUNT({','.join(items)})>0,{joined},{UNKNOWN})" if step.nullable else joined

    return text


def _clip(step: steps.Clip, x: str) -> str:
    return f"MAX({number_text(step.low)},MIN({number_text(step.high)},{x}))"


def _arithmetic(step: steps.Arithmetic, left: str, right: str) -> str:
    return f"IFERROR({left}{step.operator}{right},{UNKNOWN})"


_COMPARISONS: Mapping[steps.Sign, str] = {
    "<": "{gap}<-{margin}",
    "<=": "{gap}<={margin}",
    ">": "{gap}>{margin}",
    ">=": "{gap}>=-{margin}",
    "==": "ABS({gap})<={margin}",
    "!=": "ABS({gap})>{margin}",
}


def _compare(step: steps.Compare, left: str, right: str) -> str:
    margin = f"{number_text(TOLERANCE)}*MAX(1,ABS({left}),ABS({right}))"
    return f"IF({_COMPARISONS[step.sign].format(gap=f'({left}-{right})', margin=margin)},1,0)"


def _weighted_sum(step: steps.WeightedSum, *items: str) -> str:
    text = ""
    for item, weight in zip(items, step.weights, strict=True):
        sign = "-" if weight == -1.0 else "+" if text else ""
        text += sign + (item if weight in (1.0, -1.0) else f"{number_text(weight)}*{item}")
    return f"0{text}" if text.startswith("-") else text


def _product(step: steps.Product, x: str, y: str) -> str:
    return f"{x}*{y}"


def _quotient(step: steps.Quotient, numerator: str, denominator: str) -> str:
    if isinstance(step.denominator, steps.Constant):
        return f"{numerator}/{denominator}"
    return f"IF({denominator}=0,{UNKNOWN},{numerator}/{denominator})"


def _power_term(step: steps.PowerTerm, x: str, pivot: str) -> str:
    if math.isinf(step.power):
        text = f"IF({x}={pivot},1,0)"
    else:
        term = f"IF({x}=0,0,EXP({number_text(step.power)}*LN({x}/{pivot})))"
        text = f"IF({pivot}=0,IF({x}=0,1,0),{term})"
    return _if_known([x], text, "0") if step.x.nullable else text


def _power_mean(step: steps.PowerMean, *texts: str) -> str:
    count, pivot = len(step.items), texts[-1]
    known = [(item, weight, arg.nullable) for item, weight, arg in zip(texts, texts[count:], step.items, strict=False)]
    total = "+".join(f"IF(ISNUMBER({item}),{weight},0)" if unsure else weight for item, weight, unsure in known)
    if abs(step.power) < GEOMETRIC_TOLERANCE:
        terms = [f"{weight}*LN({item})" for item, weight, _ in known]
        mean = "EXP(({terms})/({total}))"
    else:
        power = number_text(step.power)
        terms = [f"{weight}*IF({item}=0,0,EXP({power}*LN({item}/{pivot})))" for item, weight, _ in known]
        mean = f"{pivot}*EXP(LN(({{terms}})/({{total}}))/{power})"
    summed = "+".join(
        f"IF(ISNUMBER({item}),{term},0)" if unsure else term
        for term, (item, _, unsure) in zip(terms, known, strict=True)
    )
    text = f"IF({pivot}=0,0,MIN(1,{mean.format(terms=summed, total=total)}))"
    return _if_known([pivot], text) if step.pivot.nullable else text


def _drawn(sign: str) -> Formula:
    def text(step: steps.Raise | steps.Lower, x: str, degree: str) -> str:
        level = number_text(step.level)
        return f"IF({x}{sign}{level},(1-{degree})*{x}+{degree}*{level},{x})"

    return text


def _select(step: steps.Select, switch: str, second: str, first: str) -> str:
    return _if_known([switch] if step.switch.nullable else [], f"IF({switch}=1,{second},{first})")


def _withhold(step: steps.Withhold, x: str, coverage: str) -> str:
    return f"IF({coverage}<{number_text(step.lowest)},{UNKNOWN},{x})"


def _agreed(step: steps.Agreed, x: str, low: str, high: str) -> str:
    return f"IF({low}={high},{x},{UNKNOWN})"


def _attains(step: steps.Attains, *texts: str) -> str:
    *items, target = texts
    before = [f"{item}<>{target}" for item in items[: step.position]]
    text = f"IF(AND({','.join([f'{items[step.position]}={target}', *before])}),1,0)"
    return _if_known([target] if step.target.nullable else [], text, "0")


def _round(step: steps.Round, x: str) -> str:
    scale = 10**step.decimals
    return f"INT({x}*{scale}+{number_text(0.5 + ROUNDING_TOLERANCE)})/{scale}"


def _band(step: steps.Band, x: str) -> str:
    if not step.starts:
        return "-1"
    text = f"MATCH({x},{column_text(step.starts)},1)-1"
    return _if_known([x], text, "-1") if step.x.nullable else text


_WITH_UNKNOWN = (
    steps.Constant, steps.Known, steps.Fill, steps.LowestKnown, steps.HighestKnown, steps.PowerTerm, steps.PowerMean,
    steps.Select, steps.Attains, steps.Band,
)  # fmt: skip
"""Kinds whose formulas decide by themselves what an unknown argument gives."""

_FORMULAS: Mapping[type[Step], Callable[..., Any]] = {
    steps.Constant: _constant,
    steps.Ramp: _ramp,
    steps.Beyond: _beyond,
    steps.Line: _line,
    steps.Log: _log,
    steps.Logistic: _logistic,
    steps.Lookup: _lookup,
    steps.IsLabel: _is_label,
    steps.Known: _known,
    steps.Fill: _fill,
    steps.FillDegree: _fill,
    steps.Complement: _complement,
    steps.And: _extreme("MIN"),
    steps.Or: _extreme("MAX"),
    steps.Minimum: _extreme("MIN"),
    steps.Maximum: _extreme("MAX"),
    steps.LowestKnown: _known_extreme("MIN"),
    steps.HighestKnown: _known_extreme("MAX"),
    steps.Clip: _clip,
    steps.Arithmetic: _arithmetic,
    steps.Compare: _compare,
    steps.WeightedSum: _weighted_sum,
    steps.Product: _product,
    steps.Quotient: _quotient,
    steps.PowerTerm: _power_term,
    steps.PowerMean: _power_mean,
    steps.Raise: _drawn("<"),
    steps.Lower: _drawn(">"),
    steps.Select: _select,
    steps.Withhold: _withhold,
    steps.Agreed: _agreed,
    steps.Attains: _attains,
    steps.Round: _round,
    steps.Band: _band,
}
