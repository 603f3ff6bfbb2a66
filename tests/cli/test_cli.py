"""Commands: output, exit codes, and messages."""

import json
import os
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from command import run
from oracle import score as plain_score
from random_models import random_model, random_values

ROOT = Path(__file__).parents[2]
CORE = ["military_activity=7", "communication_frequency=1", "espionage=30", "trade_disruption=45"]
SETS = [word for change in CORE for word in ("--set", change)]


def test_scores_of_random_models_equal_the_oracle(tmp_path):
    for seed in range(5):
        rng = random.Random(10_000 + seed)
        model = random_model(rng)
        situations = [{"id": f"s{number}", "values": random_values(rng, model)} for number in range(40)]
        (tmp_path / "m.yaml").write_text(yaml.safe_dump(model, sort_keys=False), encoding="utf-8")
        (tmp_path / "s.json").write_text(json.dumps({"situations": situations}), encoding="utf-8")
        done = run("score", tmp_path / "s.json", "-m", tmp_path / "m.yaml", "--format", "json")
        assert done.returncode == 0, done.stderr
        assessments = json.loads(done.stdout)
        assert [assessment["id"] for assessment in assessments] == [assessment["id"] for assessment in situations]
        for assessment, situation in zip(assessments, situations, strict=True):
            for name, expected in plain_score(model, situation["values"])["scores"].items():
                ours = assessment["scores"][name]
                assert ours["value"] == pytest.approx(expected["value"], abs=1e-9)
                assert ours["coverage"] == pytest.approx(expected["coverage"], abs=1e-9)
                assert (ours["reported"], ours["band"], ours["status"]) == (
                    expected["reported"],
                    expected["band"],
                    expected["status"],
                )


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["score", *SETS, "--set", "espionage={low: 10, high: 40}"], None),
        (["score", "-", "--format", "json"], "title: Größe\nvalues: {espionage: 3}\n"),
        (["batch", "-", "-o", "-", "--rejects", os.devnull], "espionage,note\n3,é\n-1,x\n"),
        (["score", "--set", "espionage=-1", "--set", "trade=2"], None),
        (["model", "diff", "core-four"], None),
        (["--help"], None),
    ],
)
def test_a_separate_process_has_the_same_output(words, text):
    done = subprocess.run(
        [sys.executable, "-m", "riskmodel", *words],
        capture_output=True,
        text=True,
        encoding="utf-8",
        input=text,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "COLUMNS": "100"},
        check=False,
    )
    inside = run(*words, text=text)
    assert (inside.returncode, inside.stdout) == (done.returncode, done.stdout)
    inside_stderr, stderr = (re.sub(r"[\d.,]+ (rows a second|s)\b", "", err) for err in (inside.stderr, done.stderr))
    assert inside_stderr == stderr


def test_values_alone_are_a_situation():
    done = run("score", *SETS, "--format", "json")
    (assessment,) = json.loads(done.stdout)
    assert assessment["scores"]["escalation"]["status"] == "ok"
    assert done.stderr == ""


def test_a_pipe_gets_no_colour_and_standard_input_is_read():
    done = run("score", "-", text="title: Piped\nvalues: {military_activity: 7, communication_frequency: 1}\n")
    assert done.stdout.startswith("Piped\n")
    assert "\x1b" not in done.stdout


def test_scenarios_side_by_side_and_changed():
    names = ("increased_cooperation", "continued_tensions", "shifting_alliances")
    words = [word for name in names for word in ("--scenario", name)]
    done = run("score", *words, "--format", "json", "--set", "military_activity=0")
    assessments = json.loads(done.stdout)
    assert [assessment["id"] for assessment in assessments] == list(names)
    assert {assessment["inputs"]["military_activity"]["value"] for assessment in assessments} == {0.0}
    assert "Continued tensions" in run("score", *words).stdout
    assert "| Continued tensions | Escalation risk |" in run("score", *words, "--format", "markdown").stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["score"], "give a situation: FILE"),
        (["score", "nowhere.yaml"], "nowhere.yaml: there is no such file"),
        (["score", "--set", "military_activty=3"], "did you mean 'military_activity'?"),
        (["score", "--set", "military_activity=30"], "the nearest valid value is 10"),
        (["score", "--scenario", "continued_tension"], "did you mean 'continued_tensions'?"),
        (["score", *SETS, "-m", "core-for"], "did you mean 'core-four'?"),
        (["score", *SETS, "--format", "xml"], "'xml'"),
        (["scor"], "did you mean 'score'?"),
        (["model", "check", "nothing"], "nothing"),
        (["model", "new", "core.txt"], "should end in .yaml"),
        (["model", "diff", "core-four"], "Usage"),
    ],
)
def test_wrong_usage_ends_with_exit_code_2_and_a_message(words, message):
    done = run(*words)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_problems_of_several_files_are_reported_together(tmp_path):
    (tmp_path / "a.yaml").write_text("values: {espionag: 1}\n", encoding="utf-8")
    (tmp_path / "b.yaml").write_text("values: {espionage: -1}\n", encoding="utf-8")
    done = run("score", "a.yaml", "b.yaml", "c.yaml", cwd=tmp_path)
    assert done.returncode == 2
    assert "a.yaml:1:10: values.espionag: not an indicator" in done.stderr
    assert "b.yaml:1:21: values.espionage: -1 is outside" in done.stderr
    assert "c.yaml: there is no such file" in done.stderr
    assert done.stderr.endswith("3 errors\n")


def test_a_new_model_is_valid_and_scores_and_is_never_overwritten(tmp_path):
    assert run("model", "new", "mine.yaml", cwd=tmp_path).returncode == 0
    done = run("model", "check", "mine.yaml", cwd=tmp_path)
    assert done.stdout == "mine.yaml: valid; 4 indicators, 2 scores, 3 rules; no warnings\n"
    assert run("score", *SETS, "-m", "mine.yaml", cwd=tmp_path).returncode == 0
    again = run("model", "new", "mine.yaml", cwd=tmp_path)
    assert again.returncode == 2
    assert "already exists" in again.stderr


def test_fit_writes_a_model_that_scores(tmp_path):
    (tmp_path / "m.yaml").write_text(
        "format: 1\nid: m\nindicators: {a: {scale: {fit: minmax}}}\nscores: {s: {weights: {a: 1}}}\n", encoding="utf-8"
    )
    (tmp_path / "d.csv").write_text("a,b\n1,x\n3,y\nNA,z\n", encoding="utf-8")
    done = run("model", "fit", "m.yaml", "d.csv", "-o", "fitted.yaml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "a: minmax of 2 values, goalposts [1.0, 3.0]" in done.stderr
    scored = run("score", "--set", "a=2", "-m", "fitted.yaml", "--format", "json", cwd=tmp_path)
    assert json.loads(scored.stdout)[0]["scores"]["s"]["value"] == 50
    assert sorted(path.name for path in tmp_path.iterdir()) == ["d.csv", "fitted.yaml", "m.yaml"]


def test_fit_never_overwrites_its_own_model(tmp_path):
    text = "format: 1\nid: m\nindicators: {a: {scale: {fit: minmax}}}\nscores: {s: {weights: {a: 1}}}\n"
    (tmp_path / "m.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "d.csv").write_text("a\n1\nx\n", encoding="utf-8")
    done = run("model", "fit", "m.yaml", "d.csv", "-o", "m.yaml", cwd=tmp_path)
    assert (done.returncode, (tmp_path / "m.yaml").read_text(encoding="utf-8")) == (2, text)
    bad = run("model", "fit", "m.yaml", "d.csv", "-o", "n.yaml", cwd=tmp_path)
    assert "d.csv:3: column a: should be a number; got 'x'" in bad.stderr
    data = run("model", "fit", "m.yaml", "d.csv", "-o", "d.csv", cwd=tmp_path)
    assert "is the data and the output at once" in data.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["d.csv", "m.yaml"]


def test_fit_reads_from_a_pipe_writes_to_one_and_keeps_a_link(tmp_path):
    (tmp_path / "m.yaml").write_text(
        "format: 1\nid: m\nindicators: {a: {scale: {fit: percentile}}}\nscores: {s: {weights: {a: 1}}}\n",
        encoding="utf-8",
    )
    (tmp_path / "link.yaml").symlink_to("real.yaml")
    words = ("model", "fit", "m.yaml", "-", "--delimiter", "tab", "--decimal", ",", "-o")
    text = "a\tb\n1,5\tx\n2,5\ty\n"
    piped = run(*words, "-", cwd=tmp_path, text=text)
    assert "{points: [[1.5, 0.0], [2.5, 1.0]]}" in piped.stdout
    assert run(*words, "link.yaml", cwd=tmp_path, text=text).returncode == 0
    assert (tmp_path / "link.yaml").is_symlink()
    assert (tmp_path / "real.yaml").read_text(encoding="utf-8") == piped.stdout
    (tmp_path / "link.yaml").write_text("as before", encoding="utf-8")
    assert run(*words, "link.yaml", cwd=tmp_path, text="a\n1\nx\n").returncode == 2
    assert (tmp_path / "real.yaml").read_text(encoding="utf-8") == "as before"


def test_the_default_model_is_the_shipped_one_even_if_a_folder_has_its_name(tmp_path):
    (tmp_path / "bilateral-tension").mkdir()
    assert run("score", *SETS, cwd=tmp_path).returncode == 0


def test_a_missing_model_that_a_situation_names_is_reported_at_its_line(tmp_path):
    (tmp_path / "s.yaml").write_text("title: x\nmodel: nowhere.yaml\nvalues: {}\n", encoding="utf-8")
    done = run("score", "s.yaml", cwd=tmp_path)
    assert done.returncode == 2
    assert "s.yaml:2:8: model: nowhere.yaml: there is no such file" in done.stderr


def test_list_show_docs_diff_and_schema_print_to_standard_output():
    assert run("model", "list").stdout.splitlines()[0].startswith("bilateral-tension (default)")
    assert "military_activity" in run("model", "show", "core-four").stdout
    assert run("model", "docs", "core-four").stdout.startswith("# Escalation and stability")
    assert "indicator dispute_history: new" in run("model", "diff", "core-four", "bilateral-tension").stdout
    assert json.loads(run("model", "schema").stdout)["title"] == "riskmodel model file"


def test_a_closed_pipe_is_not_an_error():
    command = f'"{sys.executable}" -m riskmodel model docs | head -1'
    done = subprocess.run(
        command,
        shell=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert done.stdout.startswith("# Tension")
    assert done.stderr == ""
