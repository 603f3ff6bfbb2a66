"""Other ways to score a file, which batch.py runs as programs and times.

    python benchmarks/by_hand.py pandas SOURCE TARGET
    python benchmarks/by_hand.py zen SOURCE ROWS
    python benchmarks/by_hand.py compare OURS THEIRS

`pandas` scores a CSV file as a careful analyst would, and writes it. `zen` scores the first rows without missing
values, one at a time, and prints the rows per second. `compare` prints the largest difference between the scores of two
files.
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
    """Read, score and write a file, all of it in memory."""
    model = riskmodel.load_model()
    frame = pd.read_csv(source)
    scored = score_with_pandas(model, frame).drop(columns=[f"{name}_exact" for name in model.spec.scores])
    frame.join(scored).to_csv(target, index=False)


def by_zen(source: str, count: int) -> None:
    """Print the rate of reading rows, converting their cells to numbers and evaluating them, without start-up."""
    import zen

    model = riskmodel.load_model()
    engine = zen.ZenEngine({"loader": {"type": "static", "content": {"rules": decision(model, with_bases=True)}}})
    rows, results = [], []
    engine.evaluate("rules", dict.fromkeys(RANGES, 1.0))
    with open(source, encoding="utf-8", newline="") as file:
        start = time.perf_counter()
        complete = (row for row in csv.DictReader(file) if all(row[name] for name in RANGES))
        for row in islice(complete, count):
            rows.append({name: float(row[name]) for name in RANGES})
            results.append(engine.evaluate("rules", rows[-1])["result"])
        seconds = time.perf_counter() - start
    expected, scored = model.score_frame(pd.DataFrame(rows)), pd.DataFrame(results)
    for name in model.spec.scores:
        if not (scored[name].astype(float) - expected[f"{name}_exact"]).abs().max() <= AGREEMENT:
            sys.exit(f"zen-engine has another {name}")
    print(len(results) / seconds)


def compare(ours: str, theirs: str) -> None:
    """Print the largest difference between the scores of two files, which must be missing in the same rows."""
    scored, other = pd.read_csv(ours), pd.read_csv(theirs)
    scores = list(riskmodel.load_model().spec.scores)
    if not (scored["id"].equals(other["id"]) and scored[scores].isna().equals(other[scores].isna())):
        sys.exit("rows or missing scores differ")
    print(len(scored), (scored[scores] - other[scores]).abs().max(axis=None))


def main() -> None:
    """Run the command given by the arguments."""
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
