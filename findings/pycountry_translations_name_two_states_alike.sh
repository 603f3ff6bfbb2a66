#!/usr/bin/env bash
# pycountry 26.2.16: in Marathi Serbia has the name of Azerbaijan, in Gujarati South Korea that of South Africa.
#
# Expected, but not written down before: within one of the languages that pycountry ships, the name of a country is the name of no other.
# Seen: in eight languages two countries share one (the two scripts or regions of a language counted once). Mexico is
# called Honduras in Kannada, Malaysia is called Mexico in Guarani, Cambodia Colombia in Punjabi, Latvia Lithuania in
# Turkmen, North Korea New Caledonia in Gujarati. A name read by these translations is another state without a word;
# only a reader that looks for names with two meanings notices.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q pycountry==26.2.16
"$work/venv/bin/python" - <<'PYTHON'
import gettext
from importlib.metadata import version
from pathlib import Path

import pycountry

assert version("pycountry") == "26.2.16"
shared = {}
for file in sorted(Path(pycountry.LOCALES_DIR).glob("*/LC_MESSAGES/iso3166-1.mo")):
    language = file.parts[-3]
    translate = gettext.translation("iso3166-1", pycountry.LOCALES_DIR, [language]).gettext
    codes = {}
    for country in pycountry.countries:
        for name in {country.name, getattr(country, "common_name", country.name)}:
            codes.setdefault(translate(name), set()).add(country.alpha_3)
    for name, alike in codes.items():
        if len(alike) > 1:
            shared.setdefault(language, []).append("=".join(sorted(alike)))
for language, alike in shared.items():
    print(f"{language}: {', '.join(sorted(alike))}")
assert set(shared["mr"]) == {"AZE=SRB"}
assert set(shared["gu"]) == {"KOR=ZAF", "MKD=NCL=PRK"}
assert set(shared["kn"]) == {"HND=MEX"}
assert set(shared["gn"]) == {"MEX=MYS"}
assert set(shared["pa"]) == {"COL=KHM"}
assert set(shared["tk"]) == {"LTU=LVA"}
assert {language.split("_")[0] for language in shared} == {"bn", "fo", "gn", "gu", "kn", "mr", "pa", "tk"}
PYTHON
