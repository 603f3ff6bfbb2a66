#!/usr/bin/env bash
# pycountry 26.2.16: a search of the withdrawn countries for "Czechoslovakia" gives Serbia and Montenegro.
#
# Guess: the name of a withdrawn country (ISO 3166-3) finds it; a code that two of them had gives both, or an error.
# Seen: CS was the code of Czechoslovakia to 1993, and of Serbia and Montenegro from 2003 to 2006. The index by alpha-2
# code keeps the last of the two, so get(alpha_2="CS") and lookup("CS") never give Czechoslovakia, without a word; and
# search_fuzzy finds the right record by its name, but returns the record that the index has under its alpha-2 code. Of
# the 31 withdrawn countries this is the only one that its own name does not find.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q pycountry==26.2.16
"$work/venv/bin/python" - <<'PYTHON'
from importlib.metadata import version

import pycountry

assert version("pycountry") == "26.2.16"
withdrawn = pycountry.historic_countries
with_code = [country.name for country in withdrawn if country.alpha_2 == "CS"]
by_search = [country.name for country in withdrawn.search_fuzzy("Czechoslovakia")]
by_code = withdrawn.get(alpha_2="CS").name
by_lookup = withdrawn.lookup("CS").name
by_alpha_3 = withdrawn.get(alpha_3="CSK").name
others = [country.name for country in withdrawn if country not in withdrawn.search_fuzzy(country.name)]
print(f"with the code CS: {with_code}")
print(f'search_fuzzy("Czechoslovakia"): {by_search}')
print(f'get(alpha_2="CS"): {by_code!r}; lookup("CS"): {by_lookup!r}; get(alpha_3="CSK"): {by_alpha_3!r}')
print(f"not found by their own names: {others}")
assert with_code == ["Czechoslovakia, Czechoslovak Socialist Republic", "Serbia and Montenegro"]
assert by_search == ["Serbia and Montenegro"]
assert by_code == by_lookup == "Serbia and Montenegro"
assert by_alpha_3 == "Czechoslovakia, Czechoslovak Socialist Republic"
assert others == ["Czechoslovakia, Czechoslovak Socialist Republic"]
PYTHON
