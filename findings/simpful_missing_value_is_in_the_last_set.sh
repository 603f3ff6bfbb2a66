#!/usr/bin/env bash
# simpful 2.12.0: a missing value (NaN) is a full member of the highest set, and fires its rules.
#
# Guess: NaN in an input gives NaN in the output, as in numpy and scikit-fuzzy, or an error.
# Seen: a set of points gives NaN the membership of its last point, as it gives values beyond its end: the search for the
# segment compares NaN with each point, which is never true, and ends at the last. A trapezoid that stays at 1 to its end
# ("high") contains NaN to the degree 1, one that falls to 0 ("low") to the degree 0. An inference with a missing value
# is therefore that of the highest value.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q simpful==2.12.0
"$work/venv/bin/python" - <<'PYTHON'
from importlib.metadata import version

import simpful

assert version("simpful") == "2.12.0"
missing = float("nan")
low = simpful.TrapezoidFuzzySet(0, 0, 40, 60, term="low")
high = simpful.TrapezoidFuzzySet(40, 60, 100, 100, term="high")
system = simpful.FuzzySystem(show_banner=False)
system.add_linguistic_variable("x", simpful.LinguisticVariable([low, high], universe_of_discourse=[0, 100]))
system.set_crisp_output_value("calm", 0)
system.set_crisp_output_value("alarm", 10)
system.add_rules(["IF (x IS low) THEN (y IS calm)", "IF (x IS high) THEN (y IS alarm)"])


def inferred(x: float) -> float:
    """Return the output for an input."""
    system.set_variable("x", x)
    return float(system.Sugeno_inference(["y"])["y"])


members = {fuzzy_set._term: float(fuzzy_set.get_value(missing)) for fuzzy_set in (low, high)}
outputs = {str(x): inferred(x) for x in (10.0, 50.0, 90.0, missing)}
print(f"membership of NaN: {members}")
print(f"inferred by input: {outputs}")
assert members == {"low": 0.0, "high": 1.0}
assert outputs == {"10.0": 0.0, "50.0": 5.0, "90.0": 10.0, "nan": 10.0}
PYTHON
