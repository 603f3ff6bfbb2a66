"""Other ways to score a file, as batch.py measures them. It runs this as a program of its own.

    python benchmarks/by_hand.py pandas SOURCE TARGET
    python benchmarks/by_hand.py zen SOURCE ROWS
    python benchmarks/by_hand.py compare OURS THEIRS

`pandas` scores a CSV file as a careful analyst would, and writes it. `zen` scores the first rows that have no gaps, one
by one, and prints how many a second. `compare` prints how far apart the scores of two scored CSV files are.
"""

import csv
import sys
import time
from itertools import islice

import pandas as pd
from peers import AGREEMENT, decision, score_with_pandas
from tables import RANGES

import riskmodel


def by_pandas(source: str, target: str) -> None:
    """Read, score, write: all of the file in memory, as is usual."""
    model = riskmodel.load_model()
    frame = pd.read_csv(source)
    scored = score_with_pandas(model, frame).drop(columns=[f"{name}_exact" for name in model.spec.scores])
    frame.join(scored).to_csv(target, index=False)


def by_zen(source: str, rows: int) -> None:
    """Read a row, turn its cells into numbers, evaluate; neither the start nor writing counts."""
    import zen

    model = riskmodel.load_model()
    engine = zen.ZenEngine({"loader": {"type": "static", "content": {"rules": decision(model, whole=True)}}})
    taken, made = [], []
    engine.evaluate("rules", dict.fromkeys(RANGES, 1.0))
    with open(source, encoding="utf-8", newline="") as file:
        start = time.perf_counter()
        complete = (row for row in csv.DictReader(file) if all(row[name] for name in RANGES))
        for row in islice(complete, rows):
            taken.append({name: float(row[name]) for name in RANGES})
            made.append(engine.evaluate("rules", taken[-1])["result"])
        seconds = time.perf_counter() - start
    expected, found = model.score_frame(pd.DataFrame(taken)), pd.DataFrame(made)
    for name in model.spec.scores:
        if not (found[name].astype(float) - expected[f"{name}_exact"]).abs().max() <= AGREEMENT:
            sys.exit(f"zen-engine finds another {name}")
    print(len(made) / seconds)


def compare(ours: str, theirs: str) -> None:
    """Print the largest difference between the scores of two files; where one has a gap, the other must have it too."""
    one, other = pd.read_csv(ours), pd.read_csv(theirs)
    scores = list(riskmodel.load_model().spec.scores)
    if not (one["id"].equals(other["id"]) and one[scores].isna().equals(other[scores].isna())):
        sys.exit("rows or gaps are not the same")
    print(len(one), (one[scores] - other[scores]).abs().max(axis=None))


def main() -> None:
    """Do what the arguments say."""
    match sys.argv[1:]:
        case ["pandas", source, target]:
            by_pandas(source, target)
        case ["zen", source, rows]:
            by_zen(source, int(rows))
        case ["compare", ours, theirs]:
            compare(ours, theirs)
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
