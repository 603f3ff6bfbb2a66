#!/usr/bin/env bash
# countryguess 0.4.9: "Republic of Vietnam" is Kenya, and "Chechen Republic" is Czechia.
#
# Guess: a name that no pattern of the package matches, such as that of a state that ended or is not recognised, gives
# None, as the README shows for "no such country"; the fuzzy step is for misspelled names.
# Seen: the fuzzy step compares whole official names, of which "Republic of " is most, so that such names become states
# of similar letters: South Vietnam (COW 817) is Kenya, Abkhazia Albania, Transnistria Tunisia, Artsakh
# Iraq. "Vietnam" and "Socialist Republic of Vietnam" are right, and nothing says which answers were fuzzy.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q countryguess==0.4.9
"$work/venv/bin/python" - <<'PYTHON'
from importlib.metadata import version

from countryguess import guess_country

assert version("countryguess") == "0.4.9"
seen = {
    "Vietnam": "VNM",
    "Socialist Republic of Vietnam": "VNM",
    "Republic of Vietnam": "KEN",
    "Republic of Abkhazia": "ALB",
    "Republic of Transnistria": "TUN",
    "Republic of Artsakh": "IRQ",
    "Chechen Republic": "CZE",
    "no such country": None,
}
for name, iso3 in seen.items():
    answer = guess_country(name, attribute="iso3")
    print(f"{name}: {answer}")
    assert answer == iso3, (name, answer)
PYTHON
