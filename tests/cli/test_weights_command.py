"""`riskmodel weights`: only weights change in files, errors leave no file, and the docs show the examples."""

import difflib
import json
import re
from pathlib import Path

import command
import pytest

import riskmodel
from riskmodel.documents.models import load, shipped

ROOT = Path(__file__).parents[2]
DOCS = (ROOT / "docs" / "weights.md").read_text(encoding="utf-8")
AHP = "examples/weights/ahp.yaml"
YEARS = "examples/made_up_years.csv"


def run(*words, folder=ROOT, text=None):
    return command.run("weights", *words, cwd=folder, text=text)


class TestDocs:
    def test_judgements_shown_are_those_of_the_examples(self, tmp_path):
        for name in ("ahp", "best_worst"):
            kept = (ROOT / "examples" / "weights" / f"{name}.yaml").read_text(encoding="utf-8")
            keys = re.findall(r"^(\w+):", kept, re.MULTILINE)
            (block,) = [
                shown for shown in re.findall(r"```yaml\n(.*?)```", DOCS, re.DOTALL) if shown.startswith(keys[0])
            ]
            path = tmp_path / f"{name}.yaml"
            path.write_text(block, encoding="utf-8")
            method = name.replace("_", "-")
            example = riskmodel.weights_from_judgements(method, ROOT / "examples" / "weights" / f"{name}.yaml")
            assert riskmodel.weights_from_judgements(method, path).shares == example.shares

    def test_the_matrix_and_the_judges_shown_can_be_used(self, tmp_path):
        (matrix,) = re.findall(r"```text\n(,.*?)```", DOCS, re.DOTALL)
        example = ROOT / "examples" / "weights" / "ahp_matrix.csv"
        assert matrix == example.read_text(encoding="utf-8")
        assert riskmodel.weights_from_judgements("ahp", example).consistency.missing_pairs == 1
        (judges,) = re.findall(r"```yaml\n(judges:.*?)```", DOCS, re.DOTALL)
        (tmp_path / "judges.yaml").write_text(judges, encoding="utf-8")
        result = riskmodel.weights_from_judgements("ahp", tmp_path / "judges.yaml")
        assert list(result.consistency.judges) == ["anna", "ben"]


class TestFiles:
    def test_files_of_several_judges_and_a_matrix_from_standard_input(self, tmp_path):
        matrix = (ROOT / "examples" / "weights" / "ahp_matrix.csv").read_text(encoding="utf-8")
        done = run("ahp", AHP, "-", "-o", tmp_path / "new.yaml", text=matrix)
        assert done.returncode == 0, done.stderr
        shown = done.stdout.splitlines()
        assert [line.split()[0] for line in shown[shown.index("Judges") + 2 :] if line][:2] == ["ahp", "<stdin>"]
        text = (tmp_path / "new.yaml").read_text(encoding="utf-8")
        assert f"# Judgements: {AHP}, <stdin>." in text
        assert "# Judge ahp: 6 pairs, consistency ratio 0.006." in text

    def test_only_the_weights_change_and_their_origin_is_recorded(self, tmp_path):
        done = run("ahp", AHP, "-o", tmp_path / "new.yaml")
        assert done.returncode == 0, done.stderr
        old = shipped()["bilateral-tension"].read_text(encoding="utf-8").splitlines()
        new = (tmp_path / "new.yaml").read_text(encoding="utf-8").splitlines()
        head = new[: len(new) - len(old)]
        assert all(line.startswith("# ") and len(line) <= 120 for line in head)
        text = " ".join(line.removeprefix("# ") for line in head)
        for words in (
            "derived by AHP (analytic hierarchy process)",
            f"Judgements: {AHP}.",
            "Random index: 0.90 (of Saaty 1980, n=4).",
            "Consistency ratio: 0.006",
            "Kept, not judged: dispute_history, peace_years",
        ):
            assert words in text
        changed = [line for line in difflib.ndiff(old, new[len(head) :]) if line.startswith("+ ")]
        names = ["military_activity", "communication_frequency", "espionage", "trade_disruption"]
        assert [line.split(":")[0].split()[-1] for line in changed] == ["id", "version", *names]
        weighting = riskmodel.weights_from_judgements("ahp", ROOT / AHP)
        assert riskmodel.load_model(tmp_path / "new.yaml").identity == weighting.model.identity
        assert weighting.model.spec.id == "bilateral-tension-ahp"
        assert weighting.model.spec.version.startswith(f"{weighting.before.spec.version}+ahp.")

    def test_standard_output_takes_the_model_and_standard_error_the_result(self, write):
        done = run("entropy", "-", "-o", "-", "--format", "json", text=(ROOT / YEARS).read_text(encoding="utf-8"))
        assert done.returncode == 0, done.stderr
        written = load(write("piped.yaml", done.stdout)).spec.scores["escalation"]
        data = json.loads(done.stderr)
        assert data["source"] == "<stdin>"
        assert {name: written.weight(name) for name in written.weights} == {
            name: weight["after"] for name, weight in data["weights"].items()
        }
        assert f"# Data: <stdin>, SHA-256 {data['sha256']}.\n" in done.stdout
        assert data == riskmodel.weights_from_data("entropy", ROOT / YEARS).to_dict() | {"source": "<stdin>"}

    def test_json_judgements_and_a_json_model_stay_json(self, write, tmp_path):
        model = {
            "format": 1,
            "id": "mine",
            "indicators": {name: {"scale": {"goalposts": [0, 1]}} for name in "ab"},
            "scores": {"only": {"weights": {"a": 1, "b": -1}}},
        }
        write("m.json", json.dumps(model, indent=2))
        write("j.json", '{"swings": {"a": 100, "b": 25}}')
        done = run(
            "swing",
            "j.json",
            "-m",
            "m.json",
            "--score",
            "only",
            "-o",
            "n.json",
            "--format",
            "markdown",
            folder=tmp_path,
        )
        assert done.returncode == 0, done.stderr
        assert "| a | 1 | 1.6 | 80.0% | 100 |  |" in done.stdout
        model["scores"]["only"]["weights"] = {"a": 1.6, "b": -0.4}
        written = json.loads((tmp_path / "n.json").read_text())
        assert re.fullmatch(r"0\+swing\.[0-9a-f]{8}", written["version"])
        assert written == {**model, "id": "mine-swing", "version": written["version"]}

    @pytest.mark.parametrize(
        ("words", "text"),
        [
            (["ahp", "j.yaml", "-m", "m.yaml", "-o", "m.yaml"], "is the model and the output at once"),
            (["ahp", "j.yaml", "-m", "m.yaml", "-o", "j.yaml"], "is the judgements and the output at once"),
            (["critic", "j.yaml", "-o", "n.yaml"], "no column is an indicator"),
            (["ahp", "j.yaml", "-o", "n.json"], "is YAML, so the name should end in .yaml"),
            (["ahp", "j.yaml", "-o", "no/n.yaml"], "there is no folder 'no'"),
            (["ahp", "j.yaml", "--score", "escalaton", "-o", "n.yaml"], "did you mean 'escalation'"),
            (["direct", "j.yaml", "-o", "n.yaml"], "j.yaml:3:1: pairs: unknown key 'pairs'"),
            (["ahp", "-", "-m", "-", "-o", "n.yaml"], "standard input cannot be the model and another file"),
        ],
    )
    def test_a_mistake_is_reported_and_leaves_no_file(self, tmp_path, words, text):
        (tmp_path / "j.yaml").write_text((ROOT / AHP).read_text(encoding="utf-8"), encoding="utf-8")
        (tmp_path / "m.yaml").write_text(shipped()["bilateral-tension"].read_text(encoding="utf-8"), encoding="utf-8")
        before = {path: path.read_bytes() for path in tmp_path.iterdir()}
        done = run(*words, folder=tmp_path)
        assert done.returncode == 2
        assert text in done.stderr
        assert "Traceback" not in done.stderr
        assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
