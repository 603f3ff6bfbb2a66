#!/usr/bin/env bash
# PyYAML 6.0.4 writes text without quotes that a reader of YAML 1.2 (ruamel.yaml 0.19.1) takes for numbers.
#
# Guess: a writer quotes every text that any reader of YAML could take for a number, as it does for '1_000' and '12:30'.
# Seen: `1e3`, `1.5e3` and `0o17` stand bare. PyYAML reads them back as text, because in YAML 1.1 a float needs a point
# and a sign in its exponent and an octal has no `o`; ruamel.yaml reads 1000.0, 1500.0 and 15. So ids such as 1e3 change
# between two programs that both keep to a YAML.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q PyYAML==6.0.4 ruamel.yaml==0.19.1
"$work/venv/bin/python" - <<'PYTHON'
import yaml
from ruamel.yaml import YAML

texts = {"a": "1e3", "b": "0o17", "c": "1_000", "d": "12:30"}
written = yaml.safe_dump(texts)
again, other = yaml.safe_load(written), YAML(typ="safe").load(written)
print(written)
print("PyYAML reads", again)
print("ruamel.yaml reads", dict(other))
assert written == "a: 1e3\nb: 0o17\nc: '1_000'\nd: '12:30'\n"
assert again == texts
assert dict(other) == {"a": 1000.0, "b": 15, "c": "1_000", "d": "12:30"}
PYTHON
