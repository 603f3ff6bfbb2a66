"""Models that came from another: what they are called, and how those that are called alike are told apart."""

import json
import re

import click
import pytest
from click.testing import CliRunner

import riskmodel
from riskmodel.analysis.derived import derived
from riskmodel.cli.main import main
from riskmodel.documents.document import from_text
from riskmodel.documents.edit import with_values

MODEL = """\
# mine
format: 1
id: mine    # a name
version: 1.2.0
indicators: {a: {scale: {goalposts: [0, 10]}}, b: {scale: {goalposts: [0, 10]}}}
scores: {escalation: {weights: {a: 1, b: 2}}}
"""
DATA = "a,b\n1,2\n3,5\n9,1\n"


def run(*words):
    """Return the output of a command; raise its errors."""
    done = CliRunner().invoke(main, [str(word) for word in words], catch_exceptions=False, standalone_mode=False)
    return done.stdout


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def spec_of(text):
    return riskmodel.load_model(json.loads(text) if text.startswith("{") else from_text(text, "m").root.plain()).spec


def test_the_id_names_the_method_and_the_version_is_unique():
    spec = spec_of(MODEL)
    first, again, other = (
        derived(spec, "entropy"),
        derived(spec, "entropy"),
        derived(spec_of(MODEL.replace("2}", "3}")), "entropy"),
    )
    assert first.spec.id == other.spec.id == "mine-entropy"
    assert first.identity == again.identity
    assert re.fullmatch(r"1\.2\.0\+entropy\.[0-9a-f]{8}", first.spec.version)
    assert first.spec.version != other.spec.version
    twice = derived(first.spec, "entropy")
    assert twice.spec.id == "mine-entropy"
    assert twice.spec.version.startswith("1.2.0+entropy.")
    assert derived(first.spec, "calibrated").spec.id == "mine-entropy-calibrated"


@pytest.mark.parametrize("name", ["Mine", "a b", "-a", ""])
def test_an_invalid_id_is_an_error(name, folder):
    with pytest.raises(riskmodel.ModelError, match="--id: "):
        derived(spec_of(MODEL), "entropy", name)
    (folder / "d.csv").write_text(DATA)
    with pytest.raises(riskmodel.ModelError, match="--id: "):
        run("weights", "critic", "d.csv", "-o", "n.yaml", "--id", name)
    assert not (folder / "n.yaml").exists()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("format: 1\nid: m\n", 'version: "2"\nformat: 1\nid: "n"\n'),
        (
            "---\n  # first\n  format: 1\n  id: m # last\n",
            '---\n  # first\n  version: "2"\n  format: 1\n  id: "n" # last\n',
        ),
        ("{format: 1, id: 'm'}\n", '{"version": "2", format: 1, id: "n"}\n'),
        ('{\n "format": 1,\n "id": "m"\n}', '{\n "version": "2", "format": 1,\n "id": "n"\n}'),
        ("format: 1\r\nid: m\r\n", 'version: "2"\r\nformat: 1\r\nid: "n"\r\n'),
        ("format: 1\nid: m\nversion: 1 # one\n", 'format: 1\nid: "n"\nversion: "2" # one\n'),
        ("title: &t x\nid: *t\n", 'version: "2"\ntitle: &t x\nid: "n"\n'),
    ],
)
def test_only_id_and_version_change_in_the_text(text, expected):
    assert with_values(from_text(text, "m"), {("id",): "n", ("version",): "2"}) == expected


def test_the_commands_name_their_output(folder):
    (folder / "m.yaml").write_text(MODEL.replace("{goalposts: [0, 10]}}}", "{fit: minmax}}}"))
    (folder / "d.csv").write_text(DATA)
    steps = [
        (("model", "fit", "m.yaml", "d.csv", "-o", "f.yaml"), "f.yaml", "mine-fitted"),
        (("weights", "entropy", "d.csv", "-m", "f.yaml", "-o", "e.yaml"), "e.yaml", "mine-fitted-entropy"),
        (("weights", "critic", "d.csv", "-m", "f.yaml", "-o", "c.yaml", "--id", "yours"), "c.yaml", "yours"),
    ]
    for words, file, name in steps:
        run(*words)
        assert riskmodel.load_model(folder / file).spec.id == name
        assert "# mine\nformat: 1\nid: " in (folder / file).read_text()


class TestLabels:
    @pytest.fixture
    def files(self, folder):
        (folder / "one.yaml").write_text(MODEL)
        (folder / "two.yaml").write_text(MODEL.replace("{a: 1, b: 2}", "{a: 2, b: 1}"))
        (folder / "other.yaml").write_text(MODEL.replace("id: mine", "id: other"))
        return folder

    def test_models_with_the_same_id_are_distinguished(self, files):
        done = run("compare", "-m", "one.yaml", "-m", "two.yaml", "--set", "a=3", "--set", "b=5")
        prints = [riskmodel.load_model(files / name).identity.short_fingerprint for name in ("one.yaml", "two.yaml")]
        assert f"before: model mine 1.2.0, fingerprint {prints[0]}, one.yaml\n" in done
        assert f"after: model mine 1.2.0, fingerprint {prints[1]}, two.yaml\n" in done
        result = riskmodel.compare_models({"a": 3, "b": 5}, files / "one.yaml", files / "two.yaml")
        (difference,) = result.to_dict()["differences"]
        assert (difference["before"]["file"], difference["after"]["file"]) == (
            str(files / "one.yaml"),
            str(files / "two.yaml"),
        )
        result.save_plot(files / "both.png")
        assert "two.yaml" in result.to_markdown()

    def test_models_of_different_ids_need_no_file(self, files):
        done = run("compare", "-m", "one.yaml", "-m", "other.yaml", "--set", "a=3", "--set", "b=5")
        assert "one.yaml" not in done

    def test_models_from_python_have_no_file(self):
        content = spec_of(MODEL).model_dump(exclude_defaults=True, by_alias=True)
        result = riskmodel.compare_models({"a": 3, "b": 5}, riskmodel.load_model({**content, "format": 1}), "core-four")
        assert result.to_dict()["differences"][0]["before"]["file"] is None

    def test_situations_side_by_side(self, files):
        for name in ("one", "two"):
            (files / f"{name}_case.yaml").write_text(f"id: {name}\nmodel: {name}.yaml\nvalues: {{a: 3, b: 5}}\n")
        done = run("score", "one_case.yaml", "two_case.yaml")
        for name in ("one.yaml", "two.yaml"):
            assert f"fingerprint {riskmodel.load_model(files / name).identity.short_fingerprint}" in done
        alike = r"model mine 1\.2\.0, fingerprint \w+, .*one\.yaml, model mine 1\.2\.0, .*two\.yaml"
        with pytest.raises(click.UsageError, match=alike):
            run("compare", "one_case.yaml", "two_case.yaml")
