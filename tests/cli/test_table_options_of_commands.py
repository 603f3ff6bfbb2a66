"""Every command that reads a table takes the same options for it, and gives the numbers of the plain table."""

import json

import numpy as np
import pandas as pd
import pytest
from command import run

INDICATORS = ["military_activity", "communication_frequency", "espionage", "trade_disruption"]
COLUMNS = ["mil", "comm", "esp", "Trade, %"]
OPTIONS = (
    *(word for pair in zip(INDICATORS, COLUMNS, strict=True) for word in ("--map", "=".join(pair))),
    *("--missing", "..", "--missing", "-99", "--flags", "e", "--decimal", ",", "--encoding", "cp1252"),
    *("--skip-rows", "2", "--delimiter", ";"),
)


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """Return the paths of a plain table, and of the same as others would write it."""
    folder = tmp_path_factory.mktemp("tables")
    random = np.random.default_rng(5)
    count = 60
    values = {
        "military_activity": random.uniform(0, 10, count).round(2),
        "communication_frequency": random.integers(0, 20, count),
        "espionage": random.integers(0, 60, count),
        "trade_disruption": random.uniform(0, 60, count).round(1),
    }
    plain = pd.DataFrame({"id": [f"row {number}" for number in range(count)], **values})
    plain["year"] = np.repeat(np.arange(2000, 2000 + count // 4), 4)
    plain["event"] = (plain["military_activity"] + random.normal(0, 3, count) > 5).astype(int)
    texts = plain.copy()
    for name in INDICATORS:
        texts[name] = [str(value).replace(".", ",") for value in plain[name]]
    for name, code, row in (("military_activity", "..", 3), ("espionage", "-99", 7), ("trade_disruption", "..", 3)):
        plain.loc[row, name] = np.nan
        texts.loc[row, name] = code
    texts.loc[5, "espionage"] = f"{texts.loc[5, 'espionage']} e"
    texts["note"] = "Øst"
    body = texts.rename(columns=dict(zip(INDICATORS, COLUMNS, strict=True))).to_csv(index=False, sep=";")
    (folder / "others.csv").write_bytes(f'"Source";"Øst"\n\n{body}'.encode("cp1252"))
    plain.to_csv(folder / "plain.csv", index=False)
    return folder / "plain.csv", folder / "others.csv"


def numbers(text):
    """Return a result without what depends on the file."""

    def strip(part):
        if isinstance(part, dict):
            return {key: strip(value) for key, value in part.items() if key not in ("source", "sha256", "check")}
        return [strip(value) for value in part] if isinstance(part, list) else part

    return strip(json.loads(text))


@pytest.mark.parametrize(
    "words",
    [
        ["score"],
        ["uncertainty", "--draws", "1024", "--sample-missing"],
        ["compare", "--draws", "256"],
        ["validate", "--outcome", "event", "--time", "year", "--resamples", "20"],
        ["weights", "entropy", "-m", "core-four"],
        ["weights", "critic", "-m", "core-four"],
        ["weights", "equal-contribution", "-m", "core-four"],
        ["rank", "--time", "year"],
        ["aggregate", "--by", "year"],
    ],
    ids=" ".join,
)
def test_a_table_of_others_gives_the_numbers_of_the_plain_one(tables, words):
    plain, others = tables
    command = 2 if words[0] == "weights" else 1
    done = run(*words[:command], plain, *words[command:], "--format", "json")
    assert done.returncode == 0, done.stderr
    other = run(*words[:command], others, *words[command:], *OPTIONS, "--format", "json")
    assert other.returncode == 0, other.stderr
    assert numbers(other.stdout) == numbers(done.stdout)


def test_a_fit_to_a_table_of_others_is_that_to_the_plain_one(tables, tmp_path):
    plain, others = tables
    scales = "".join(f"  {name}: {{scale: {{fit: minmax}}}}\n" for name in INDICATORS)
    (tmp_path / "open.yaml").write_text(
        f"format: 1\nid: open\nindicators:\n{scales}scores:\n  s: {{weights: {{espionage: 1}}}}\n"
    )
    texts = []
    for path, options in ((plain, ()), (others, OPTIONS)):
        done = run("model", "fit", tmp_path / "open.yaml", path, "-o", tmp_path / "fitted.yaml", *options)
        assert done.returncode == 0, done.stderr
        lines = (tmp_path / "fitted.yaml").read_text().splitlines()
        texts.append([line for line in lines if not line.startswith("#")])
    assert texts[0] == texts[1]


def test_batch_gives_the_scores_of_the_plain_table(tables, tmp_path):
    plain, others = tables
    for path, name, options in ((plain, "plain", ()), (others, "others", OPTIONS)):
        done = run("batch", path, "-o", tmp_path / f"{name}.parquet", *options)
        assert done.returncode == 0, done.stderr
    read = {name: pd.read_parquet(tmp_path / f"{name}.parquet") for name in ("plain", "others")}
    scores = [column for column in read["plain"] if column.startswith(("escalation", "stability"))]
    pd.testing.assert_frame_equal(read["plain"][scores], read["others"][scores])
    assert read["others"]["espionage_flag"].dropna().tolist() == ["e"]
    assert read["others"]["note"].unique().tolist() == ["Øst"]


def test_pairs_go_before_map_files_and_must_not_contradict_each_other(tables, tmp_path):
    plain, _ = tables
    (tmp_path / "map.yaml").write_text("espionage: military_activity\nmilitary_activity: espionage\n")
    mapped = ["--map", "espionage=espionage", "--map", "military_activity=military_activity"]
    for words in ([*mapped, "--map", tmp_path / "map.yaml"], ["--map", tmp_path / "map.yaml", *mapped]):
        assert numbers(run("rank", plain, "--time", "year", "--format", "json", *words).stdout) == numbers(
            run("rank", plain, "--time", "year", "--format", "json").stdout
        )
    done = run("rank", plain, "--map", "espionage=espionage", "--map", "espionage=year")
    assert done.returncode == 2
    assert "'espionage' is both 'espionage' and 'year'" in done.stderr


def test_a_map_that_is_neither_a_pair_nor_a_file_is_refused(tables):
    done = run("rank", tables[0], "--map", "espionage")
    assert done.returncode == 2
    assert "should be a pair such as espionage=esp, or a file of such pairs; got 'espionage'" in done.stderr
