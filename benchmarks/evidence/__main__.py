"""Do the scores mean anything? Every figure of docs/evidence.md, from the folder of reference data.

    RISKMODEL_REFERENCE_DATA=FOLDER python benchmarks/evidence [--data FILE_OR_FOLDER] [--write docs/evidence.md]
    python benchmarks/evidence --mapped FILE.csv

The folder has `dyads/dyad_year*.csv`, and for the meetings `us_russia/`. All these files are read. Years
from 1990 on are held out: they have separate columns and are not used in fits.
`--data FILE` adds one file of dyad-years to those of the folder in RISKMODEL_REFERENCE_DATA; without that, it is all
there is. `--write` puts figures and the sentences that follow from them into a page, between its markers; `--mapped`
writes the dyad-years as situations, for `riskmodel validate`.
"""

import argparse
import os
from pathlib import Path

import page
import reference

from riskmodel.errors import RiskmodelError


def main() -> None:
    """Print all sections, or write them where they belong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="a folder, or a file to add to RISKMODEL_REFERENCE_DATA")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="put the figures between the markers of a page")
    parser.add_argument("--mapped", type=Path, metavar="FILE", help="write the situations, and no figures")
    options = parser.parse_args()
    folder = options.data or os.environ.get("RISKMODEL_REFERENCE_DATA")
    if not folder:
        parser.error("name the data: --data FOLDER, or RISKMODEL_REFERENCE_DATA")
    if options.write and not options.write.is_file():
        parser.error(f"{options.write}: there is no such page")
    if options.mapped and not options.mapped.parent.is_dir():
        parser.error(f"{options.mapped.parent}: there is no such folder")
    if not Path(folder).exists():
        parser.error(f"{folder}: there is no such file or folder")
    data = reference.read(Path(folder))
    if options.mapped:
        data.mapped.to_csv(options.mapped, index=False)
        return
    try:
        figures = page.sections(data)
    except RiskmodelError as error:
        parser.exit(2, f"{folder}: {error}\n")
    if options.write:
        options.write.write_text(page.filled(options.write.read_text(encoding="utf-8"), figures), encoding="utf-8")
        return
    for name, lines in figures.items():
        print(f"\n## {name}\n\n" + "\n".join(lines))


if __name__ == "__main__":
    main()
