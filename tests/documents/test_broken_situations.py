"""Broken situations: each fault is told at its place, by the file itself or by the model it is held against."""

import json
import random

import command
import pytest
from broken import (
    HOSTILE,
    MODEL,
    check_all,
    check_hostile,
    check_only,
    check_words,
    edited,
    faults,
    write,
)

import riskmodel
from riskmodel.documents.yaml_text import parse

SITUATION = """\
id: now
title: A situation
date: 2022-02-24
values:
  troops: 12
  talks: {low: 2, high: 5}
  mood: tense
  press: {low: 1, likely: 4, high: 9}
notes:
  mood: felt
doubts: [few]
sources: [a paper]
"""


def situation_problems(path, model):
    """Return the problems of an invalid file of situations, by itself or with a model."""
    result = []
    try:
        situations = riskmodel.read_situations(path)
    except riskmodel.SituationError as error:
        return error.problems
    for situation in situations:
        try:
            model.assess(situation)
        except riskmodel.SituationError as error:
            result += error.problems
    assert result, "nothing was found fault with"
    return tuple(result)


# Each fault: what stands in the situation, what stands there instead (marked where the message should point), the
# field that the message should name, and what else it should say.
NAMES = [
    ("  troops: 12", "  §trops: 12", "values.trops", ("'border'", "did you mean 'troops'?")),
    ("  troops: 12", "  §mediators: 12", "values.mediators", "troops, talks, mood, press"),
    ("  troops: 12", "  troops: 12\n  §troops: 13", None, ("'troops'", "duplicate key", "line 5")),
    ("  troops: 12", "  troops: 12\n  §__import__('os'): 1", "values.__import__('os')", "not an indicator"),
    ("title:", "§titel:", "titel", ("'titel'", "did you mean 'title'?")),
    ("doubts: [few]", "§doubt: [few]", "doubt", "did you mean 'doubts'?"),
    ("  mood: felt", "  §moods: felt", "notes.moods", "did you mean 'mood'?"),
    ("high: 5}", "high: 5, §hi: 3}", "values.talks.hi", ("'hi'", "did you mean 'high'?")),
    ("values:", "§valus:", "valus", ("'valus'", "did you mean 'values'?")),
    ("talks: {low", "§talks: {lw", "values.talks", ("'lw'", "did you mean 'low'?")),
    ("likely: 4", "§likly: 4", "values.press.likly", "did you mean 'likely'?"),
]
VALUES = [
    ("troops: 12", "troops: §120", "values.troops", ("120", "0 to 100", "nearest valid value is 100")),
    ("troops: 12", "troops: §-1", "values.troops", ("-1", "0 to 100", "nearest valid value is 0")),
    ("troops: 12", "troops: §many", "values.troops", ("number", "'many'")),
    ("troops: 12", 'troops: §"12"', "values.troops", ("number", "'12'")),
    ("troops: 12", "troops: §no", "values.troops", ("number", "'no'")),
    ("troops: 12", "troops: §on", "values.troops", ("number", "'on'")),
    ("troops: 12", "troops: §12:30", "values.troops", ("number", "'12:30'")),
    ("troops: 12", "troops: §1_000", "values.troops", ("number", "'1_000'")),
    ("troops: 12", "troops: §1,5", "values.troops", ("number", "'1,5'")),
    ("troops: 12", "troops: §2022-02-24", "values.troops", ("number", "'2022-02-24'")),
    ("troops: 12", "troops: §0101", "values.troops", ("101", "0 to 100")),
    ("troops: 12", "troops: §0xff", "values.troops", ("255", "0 to 100")),
    ("troops: 12", "troops: §true", "values.troops", "number"),
    ("troops: 12", "troops: §.nan", "values.troops", "finite"),
    ("troops: 12", "troops: §-.inf", "values.troops", "finite"),
    ("troops: 12", "troops: §1e999", "values.troops", "finite"),
    ("troops: 12", "troops: §" + "9" * 5000, "values.troops", "finite"),
    ("troops: 12", "§troops: [12]", "values.troops", ("number", "label", "distribution")),
    ("mood: tense", "mood: §tens", "values.mood", ("'tens'", "did you mean 'tense'?")),
    ("mood: tense", "mood: §Tense", "values.mood", ("'Tense'", "did you mean 'tense'?")),
    ("mood: tense", "mood: §3", "values.mood", ("'3'", "calm, tense, crisis")),
    ("mood: tense", "§mood: {low: 1, high: 2}", "values.mood", "labels"),
]
DISTRIBUTIONS = [
    ("{low: 2, high: 5}", "{low: 5, high: §2}", "values.talks.high", ("high (2)", "low (5)")),
    ("{low: 2, high: 5}", "{low: §two, high: 5}", "values.talks.low", ("number", "'two'")),
    ("{low: 2, high: 5}", "{low: §-2, high: 5}", "values.talks.low", ("-2", "at least 0", "nearest valid value is 0")),
    ("{low: 2, high: 5}", "{low: 2, high: §.inf}", "values.talks.high", "finite"),
    ("{low: 2, high: 5}", "{low: 2, high: 5, §sd: 1}", "values.talks.sd", "'sd'"),
    ("talks: {low: 2, high: 5}", "§talks: {low: 2}", "values.talks.high", "required"),
    ("talks: {low: 2, high: 5}", "§talks: {mean: 2}", "values.talks.sd", "required"),
    ("talks: {low: 2, high: 5}", "§talks: {p10: 2, p50: 3}", "values.talks.p90", "required"),
    ("{low: 2, high: 5}", "{mean: 2, sd: §0}", "values.talks.sd", ("above 0", "got 0")),
    ("{low: 2, high: 5}", "{mean: 2, sd: §-1}", "values.talks.sd", "-1"),
    ("talks: {low: 2, high: 5}", "§talks: {mean: -100, sd: 1}", "values.talks", ("practically nothing", "at least 0")),
    ("{low: 2, high: 5}", "{p10: 2, p50: §1, p90: 5}", "values.talks.p50", ("p50 (1)", "p10 (2)")),
    ("{low: 2, high: 5}", "{p10: 2, p50: 3, p90: §2}", "values.talks.p90", ("p90 (2)", "p50 (3)")),
    ("likely: 4", "likely: §0", "values.press.likely", ("likely (0)", "low (1)")),
    ("high: 9", "high: §3", "values.press.high", ("high (3)", "likely (4)")),
]
AROUND = [
    ("2022-02-24", "§2022-02-31", "date", "2022-02-24"),
    ("2022-02-24", "§24.2.2022", "date", "2022-02-24"),
    ("2022-02-24", "§true", "date", "2022-02-24"),
    ("title: A situation", "title: §5", "title", ("quotes", "5")),
    ("id: now", "model: §7", "model", ("quotes", "7")),
    ("mood: felt", "mood: §5", "notes.mood", ("quotes", "5")),
    ("doubts: [few]", "doubts: §few", "doubts", ("list", "'few'")),
    ("doubts: [few]", "doubts: [§4]", "doubts.0", ("quotes", "4")),
    ("{low: 2, high: 5}", "§*values", None, ("anchor", "'values'")),
    ("tense", "§!!python/name:os.system ''", None, ("tag", "os.system")),
]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return riskmodel.load_model(write(tmp_path_factory.mktemp("model"), MODEL))


def test_the_situation_that_is_broken_here_is_sound(tmp_path, model):
    for name, text in (("now.yaml", SITUATION), ("now.json", json.dumps(parse(SITUATION)[0].plain()))):
        (situation,) = riskmodel.read_situations(write(tmp_path, text, name))
        assert model.assess(situation)["escalation"].value is not None


@pytest.mark.parametrize("fault", faults(NAMES, VALUES, DISTRIBUTIONS, AROUND))
def test_a_single_fault(tmp_path, model, fault):
    old, new, *message = fault
    marked = edited(SITUATION, (old, new))
    path = write(tmp_path, marked, "now.yaml")
    check_only(situation_problems(path, model), path, marked, message)


@pytest.mark.parametrize("fault", faults(VALUES, DISTRIBUTIONS))
def test_a_single_fault_in_a_list_of_situations(tmp_path, model, fault):
    """The second of two situations is broken, its lines end as on Windows, and the field says which one it is."""
    old, new, field, words = fault
    listed = "".join(f"    {line}\n" for line in edited(SITUATION, (old, new)).splitlines())
    marked = "situations:\n  - values: {troops: 3}\n  -\n" + listed
    path = write(tmp_path, marked.replace("\n", "\r\n"), "now.yaml")
    check_only(situation_problems(path, model), path, marked, (f"situations.1.{field}", words))


JSON_FAULTS = [
    ('"troops": 12', '§"trops": 12', "values.trops", "did you mean 'troops'?"),
    ('"troops": 12', '"troops": §-12', "values.troops", ("-12", "0 to 100")),
    ('"troops": 12', '"troops": §"12"', "values.troops", ("number", "'12'")),
    ('"troops": 12', '"troops": §1e999', "values.troops", "finite"),
    ('"troops": 12', '"troops": §Infinity', None, "Infinity"),
    ('"troops": 12', '"troops": 12, §"troops": 12', None, ("'troops'", "duplicate key")),
    ('"mood": "tense"', '"mood": §"tens"', "values.mood", "did you mean 'tense'?"),
    ('"high": 5', '"high": §1', "values.talks.high", ("high (1)", "low (2)")),
    ('"date": "2022-02-24"', '"date": §"2022-02-30"', "date", "2022-02-24"),
    ('"id": "now"', '"id": §"\\ud800"', "id", "unicode"),
]


@pytest.mark.parametrize("fault", faults(JSON_FAULTS))
def test_a_single_fault_in_json(tmp_path, model, fault):
    """With tabs, and a byte order mark, as some editors write them."""
    old, new, *message = fault
    marked = edited(json.dumps(parse(SITUATION)[0].plain(), indent="\t"), (old, new))
    path = write(tmp_path, "\ufeff" + marked, "now.json")
    check_only(situation_problems(path, model), path, marked, message)


MANY_FAULTS_AGAINST_THE_MODEL = """\
situations:
  - id: first
    values: {§trops: 5, talks: §-2, mood: §clam, press: 3}
  - id: second
    values: {troops: 5, talks: 2}
  - id: third
    values:
      talks: {low: §-4, likely: §-3, high: 2}
      §prss: 3
      troops: §lots
"""
MANY_FAULTS_OF_THE_FILE = """\
situations:
  - values: {troops: 5}
  - values: {troops: 5, §troops: 6, talks: §.nan}
    §titel: First
  - §date: 2022
  - §5
  - values:
      talks: {low: 4, high: §3}
      press: {low: §one, likely: §two, high: 3}
      mood: §true
    doubts: §none
§title: All of them
"""


@pytest.mark.parametrize("marked", [MANY_FAULTS_OF_THE_FILE, MANY_FAULTS_AGAINST_THE_MODEL])
def test_all_faults_are_reported_in_one_pass_in_the_order_of_the_text(tmp_path, model, marked):
    path = write(tmp_path, marked, "many.yaml")
    check_all(situation_problems(path, model), path, marked)


SHAPES = [
    ("values:§\n", "values", "mapping"),
    ("§values: [1, 2]\n", "values", "mapping"),
    ("§title: Now\n", "values", "required"),
    ("§situations: []\n", "situations", "empty"),
    ("situations:§\n", "situations", "list"),
    ("§situations: {values: {troops: 5}}\n", "situations", "list"),
    ("situations:\n  - values: {troops: 5}\n§values: {troops: 2}\n", "values", "situations"),
]


@pytest.mark.parametrize(("marked", "field", "words"), SHAPES)
def test_a_file_of_another_shape(tmp_path, model, marked, field, words):
    path = write(tmp_path, marked, "now.yaml")
    check_only(situation_problems(path, model), path, marked, (field, words))


@pytest.mark.parametrize("seed", range(30))
def test_all_invalid_values_are_reported(tmp_path, model, seed):
    """Faults that only the model can tell, one for each value, whichever they are."""
    rng = random.Random(seed)
    broken = {
        "troops": rng.choice(["§120", "§-1", "§many", "§no"]),
        "talks": rng.choice(["§-2", "{low: §-2, high: 5}", "{p10: §-2, p50: §-1, p90: 4}", "§lots"]),
        "mood": rng.choice(["§tens", "§3", "§Calm"]),
        "press": rng.choice(["§few", "§on"]),
    }
    chosen = rng.sample(sorted(broken), rng.randint(2, 4))
    marked = "values:\n" + "".join(f"  {name}: {broken[name]}\n" for name in chosen)
    path = write(tmp_path, marked, "now.yaml")
    check_all(situation_problems(path, model), path, marked)


def test_numbers_are_those_of_yaml_1_2(tmp_path, model):
    text = "values: {troops: 010, talks: 0x10, press: +1.5e1, mood: ~}"
    (situation,) = riskmodel.read_situations(write(tmp_path, text, "now.yaml"))
    assert situation.spec.values == {"troops": 10, "talks": 16, "press": 15, "mood": None}


@pytest.mark.parametrize(("name", "content", "words"), HOSTILE, ids=[name for name, *_ in HOSTILE])
def test_a_hostile_file_is_one_clear_error(tmp_path, model, name, content, words):
    path = write(tmp_path, content, name)
    problems = situation_problems(path, model)
    assert len(problems) == 1
    check_hostile(problems, path)
    check_words(problems[0], words)


def test_a_missing_file_and_a_folder(tmp_path, model):
    write(tmp_path, SITUATION, "march.yaml")
    (missing,) = situation_problems(tmp_path / "marsh.yaml", model)
    check_words(missing, ("no such file", "did you mean 'march.yaml'?"))
    (folder,) = situation_problems(tmp_path, model)
    check_words(folder, "folder")


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"trops": 1}, "values.trops", "did you mean 'troops'?"),
        ({"troops": 101}, "values.troops", ("101", "nearest valid value is 100")),
        ({"troops": float("inf")}, "values.troops", "finite"),
        ({"troops": True}, "values.troops", "number"),
        ({"troops": object()}, "values.troops", "number"),
        ({"troops": {"low": 3, "high": 2}}, "values.troops.high", "below low"),
        ({"mood": "clam"}, "values.mood", "did you mean 'calm'?"),
        ({5: 5}, "values.5", "not an indicator"),
    ],
)
def test_values_from_python_are_reported_by_field(model, values, field, words):
    with pytest.raises(riskmodel.SituationError) as caught:
        model.assess(values)
    (problem,) = caught.value.problems
    assert (problem.field, problem.line) == (field, None)
    check_words(problem, words)


def run(*arguments):
    """Run the command; returns exit code, standard output and standard error."""
    done = command.run(*arguments, data=b"")
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_the_command_prints_the_faults_of_all_files_together(tmp_path):
    path = write(tmp_path, MODEL)
    first = write(tmp_path, "values: {trops: 5, talks: -1}\n", "first.yaml")
    second = write(tmp_path, '{"values": {"mood": "clam"}}\n', "second.json")
    code, out, err = run("score", "-m", path, first, second)
    assert (code, out) == (2, "")
    assert f"{first}:1:10: values.trops: " in err
    assert "did you mean 'troops'?\n    1 | values: {trops: 5, talks: -1}\n      |          ^\n" in err
    assert f"{first}:1:27: values.talks: -1 " in err
    assert f"{second}:1:21: values.mood: " in err
    assert err.endswith("3 errors\n")


def test_the_command_prints_the_faults_of_each_set(tmp_path):
    changes = ["trops=5", "troops=many", "mood=clam", "talks=-1", "press=.nan"]
    code, out, err = run("score", "-m", write(tmp_path, MODEL), *(part for c in changes for part in ("--set", c)))
    assert (code, out) == (2, "")
    assert [line.split(":")[1].strip() for line in err.splitlines()[:-1]] == [
        "trops",
        "troops",
        "mood",
        "talks",
        "press",
    ]
    for word in ("did you mean 'troops'?", "'many'", "did you mean 'calm'?", "-1 is outside", "finite"):
        assert word in err


def test_the_command_reads_no_python_from_a_situation(tmp_path):
    trap = tmp_path / "trap"
    path = write(tmp_path, f"values: !!python/object/apply:pathlib.Path.touch [{trap}]\n", "now.yaml")
    code, _, err = run("score", path)
    assert code == 2
    assert f"{path}:1:9: tags are not supported" in err
    assert not trap.exists()
