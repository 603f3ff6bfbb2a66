"""Broken models: each fault is told at its line and column, with the value and the nearest right name, in one pass."""

import json
import random

import command
import pytest
import yaml
from broken import (
    HOSTILE,
    MODEL,
    alias_bomb,
    check_all,
    check_hostile,
    check_only,
    check_words,
    edited,
    faults,
    model_problems,
    write,
)
from broken_parts import DOCUMENT, INDICATORS, MISSING, RULES, SCALES, SCORES, TEXT

import riskmodel
from riskmodel.documents.document import read
from riskmodel.documents.models import shipped
from riskmodel.documents.yaml_text import parse

DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
PLAIN = read(shipped()["bilateral-tension"]).root.plain()


def test_the_model_that_is_broken_here_is_sound(tmp_path):
    riskmodel.load_model(write(tmp_path, MODEL))
    riskmodel.load_model(write(tmp_path, json.dumps(parse(MODEL)[0].plain()), "model.json"))


@pytest.mark.parametrize("fault", faults(DOCUMENT, INDICATORS, SCALES, SCORES, RULES, TEXT))
def test_a_single_fault(tmp_path, fault):
    old, new, *message = fault
    marked = edited(MODEL, (old, new))
    path = write(tmp_path, marked)
    check_only(model_problems(path), path, marked, message)


@pytest.mark.parametrize("fault", MISSING)
def test_a_missing_key_is_reported_at_its_parent(tmp_path, fault):
    old, new, owner, field = fault
    marked = edited(MODEL, (old, new), (owner, f"§{owner}"))
    path = write(tmp_path, marked)
    check_only(model_problems(path), path, marked, (field, "required"))


# Sentences: every name, term and label in them is looked up, and the place is that of the word.
CONDITIONS = [
    ("§troop is many", ("'troop'", "did you mean 'troops'?")),
    ("troops is many and talks > 1 and §pres > 2", ("'pres'", "did you mean 'press'?")),
    ("troops  is   many  and    §trops   is many", "did you mean 'troops'?"),
    ("troops is not §man", ("'man'", "troops", "did you mean 'many'?")),
    ("troops is §lots", ("'lots'", "few, many")),
    ("mood is §tens", ("'tens'", "label", "did you mean 'tense'?")),
    ("press is §many", ("'many'", "press", "none")),
    ("§mood > 1", ("'mood'", "labels", "calm, tense, crisis")),
    ("§pressure is many", ("'pressure'", "score", "no terms")),
    ("troops is §5", ("'5'", "term")),
    ("§5 is many", ("'5'", "indicator")),
    ("§troops", ("'troops'", "not a condition")),
    ("not §troops", ("'troops'", "not a condition")),
    ("troops > 5 or §talks", ("'talks'", "not a condition")),
    ("(§troops > 1) + 2 > 3", ("'troops > 1'", "a quantity is expected")),
    ("troops §= 5", ("==",)),
    ("troops > 1 §AND talks > 1", ("'AND'", "and")),
    ("troops > 1 &§& talks > 1", ("'&&'", "and")),
    ("troops is §if", ("'if'", "reserved")),
    ("troops §many", "cannot be read"),
    ("troops > 1§)", "cannot be read"),
    ("§(troops > 1", "cannot be read"),
    ("troops > §1and talks > 1", "'1and'"),
    ("troops > §1e999", ("'1e999'", "too large")),
    ("troops > §True", "'True'"),
    ("§troops in talks", "'troops in talks'"),
    ("§troops > 1 > talks is rare", "`and`"),
    ("§troops ** 2 > 1", "'troops ** 2'"),
    ("§troops // 2 > 1", "'troops // 2'"),
    ("§~troops > 1", "'~troops'"),
    ("§lambda: 1", "'lambda: 1'"),
    ("§abs(troops) > 1", "'abs(troops)'"),
    ("§troops.real > 1", "'troops.real'"),
    ("§troops[0] > 1", "'troops[0]'"),
    ('§f"{troops}" > 1', "is not allowed in a condition"),
    ("(§x := 5) > 1", "'x := 5'"),
    ("§[x for x in troops] > 1", "'[x for x in troops]'"),
    ("§{1, 2} > 1", "'{1, 2}'"),
    ("§troops > 1 if talks > 2 else press > 1", "is not allowed in a condition"),
    ('§__import__("os").system("true")', "__import__"),
    ('§exec("1")', "exec"),
    ('troops is §"many"', ("many", "term")),
    ("§troops, talks", "'troops, talks'"),
    ("troops > 1 §# or more", "'#'"),
    ("troops > 1§; talks > 1", "cannot be read"),
    ("troops > 1 §\\ ", "cannot read"),
    ("§troopé > 1", ("'troopé'", "did you mean 'troops'?")),
    ("§troops_and_talks_and_press > 1", "'troops_and_talks_and_press'"),
    ("troops §≥ 5", "cannot be read"),
    ("§", "condition is empty"),
]


@pytest.mark.parametrize(("condition", "words"), CONDITIONS)
def test_a_fault_in_a_condition_is_reported_at_its_word(tmp_path, condition, words):
    quoted = "'" + condition.replace("'", "''") + "'"
    marked = edited(MODEL, ("troops is many and talks is rare", quoted))
    path = write(tmp_path, marked)
    check_only(model_problems(path), path, marked, ("rules.misread.when", words))


BLOCKS = [
    ">-\n      troops is many\n      and §trops is many",
    "|\n      troops is many\n\n      and §trops is many",
    ">2- # folded > and | mean nothing here\n      troops is many\n      and §trops is many",
    '"troops is many\n      and §trops is many"',
    "'troops is many\n\n      and §trops is many'",
    "troops is many\n      and §trops is many # as we think",
    "\n      §trops is many",
]


@pytest.mark.parametrize("block", BLOCKS)
def test_the_position_of_a_word_is_right_in_any_layout(tmp_path, block):
    marked = edited(MODEL, ("troops is many and talks is rare", block))
    path = write(tmp_path, marked)
    check_only(model_problems(path), path, marked, ("rules.misread.when", "did you mean 'troops'?"))


@pytest.mark.parametrize("fault", faults(RULES, SCALES[:3]))
def test_positions_do_not_depend_on_line_ends_or_a_byte_order_mark(tmp_path, fault):
    old, new, *message = fault
    marked = edited(MODEL, (old, new))
    path = write(tmp_path, "\ufeff" + marked.replace("\n", "\r\n"))
    check_only(model_problems(path), path, marked, message)


JSON_FAULTS = [
    ('"format": 1', '"format": §2', "format", "2"),
    ('"title": "A border model"', '§"titel": "A border model"', "titel", "did you mean 'title'?"),
    ('"unit": "thousands"', '"unit": "thousands", §"unit": "men"', None, ("'unit'", "duplicate key")),
    ('"default": "calm"', '"default": §"clam"', "indicators.mood.default", "did you mean 'calm'?"),
    ('"slope": 0.5', '"slope": §0', "indicators.press.scale.logistic.slope", "slope of 0"),
    ('"slope": 0.5', '"slope": §1e999', "indicators.press.scale.logistic.slope", "finite"),
    ('"slope": 0.5', '"slope": §1' + "0" * 5000, "indicators.press.scale.logistic.slope", "finite"),
    ('"slope": 0.5', '"slope": §NaN', None, ("JSON", "NaN")),
    ('"slope": 0.5', '"slope": 0§1', None, "JSON"),
    ('"unit": "thousands"', '"unit": §"\\ud800"', "indicators.troops.unit", "unicode"),
    ('"add": 12', '"add": §null', "rules.misread.then.escalation.add", "number"),
    ('"when": "troops', '"when": "§trops', "rules.misread.when", "did you mean 'troops'?"),
    ('talks is rare"', 'talks is §scarce"', "rules.misread.when", ("'scarce'", "talks")),
    ('"pressure": 30', '"pressure": §0', "scores.escalation.weights.pressure", "weight of 0"),
    ('"high": 60', '"high": §20', "scores.escalation.bands.high", "20 comes after 20"),
]


@pytest.mark.parametrize("fault", faults(JSON_FAULTS))
def test_a_single_fault_in_json(tmp_path, fault):
    old, new, *message = fault
    marked = edited(json.dumps(parse(MODEL)[0].plain(), indent=1), (old, new))
    path = write(tmp_path, marked, "model.json")
    check_only(model_problems(path), path, marked, message)


MANY_FAULTS = """\
format: §2
id: §Many Faults
§titel: A model full of faults
sources:
  report: {title: A report, §urls: x}
indicators:
  troops:
    valid: [0, §ten]
    scale: {goalposts: [50, §50]}
    terms: {few: {below: [10, §5]}, many: {above: [20, 40]}}
    §valid: [0, 1]
  patrols:
    cites: {source: §raport, section: One}
  talks:
    scale: {points: [[0, 0], [2, §25], [8, 1]]}
  mood:
    scale: {levels: {calm: 0, tense: §1.6}}
  press: §5
scores:
  pressure: {weights: {troops: 1}, decimals: §1.5}
  escalation:
    §outof: 100
    mean: §geometrical
    weights: {pressure: 2, §trops: 1, talks: §many, mood: 1}
  stability:
    §titel: Stability
    decimals: §many
    weights: {troops: 1, talks: §0}
    bands: {fragile: §5, mixed: §5, steady: 80}
  unrest:
    weights: {talks: 1, §turmoil: 1}
  turmoil:
    weights: {unrest: 1}
rules:
  misread:
    when: troops is §mny and §talk > 3 and mood is §tens and press > 2
    then: {§escalaton: {add: 1}, stability: {add: §lots}}
  alarm:
    §since: troops is many
    when: §abs(troops) > 1
    then: {stability: {add: 1}}
  calm:
    when: troops is not few
    then: {stability: {at_most: §-40}}
scenarios:
  quiet: {values: {§trops: 5, mood: §clam, talks: 1}}
  §loud: {title: Loud}
"""


def test_all_faults_are_reported_in_one_pass_in_the_order_of_the_text(tmp_path):
    path = write(tmp_path, MANY_FAULTS)
    check_all(model_problems(path), path, MANY_FAULTS)


# Whether these are faults depends on another part of the model, which may be broken too.
LEANING = (
    "scores.pressure.weights.escalation",
    "scenarios.quiet.values.troops",
    "indicators.troops.cites.claims.0",
    "rules.misread.then.pressure",
    "scores.escalation.out_of",
)


@pytest.mark.parametrize("seed", range(60))
def test_faults_in_different_parts_are_reported_together_and_no_others(tmp_path, seed):
    choices = [fault for table in (DOCUMENT, INDICATORS, SCALES, SCORES, RULES) for fault in table if fault[2]]
    random.Random(seed).shuffle(choices)
    marked, broken = MODEL, set()
    for old, new, field, _ in choices:
        part = tuple(field.split(".")[:2])
        if field not in LEANING and part not in broken and marked.count(old) == 1:
            marked = edited(marked, (old, new))
            broken.add(part)
    assert len(broken) > 8
    path = write(tmp_path, marked)
    check_all(model_problems(path), path, marked)


def test_scalars_are_those_of_yaml_1_2(tmp_path):
    text = edited(
        MODEL,
        ("title: Troops\n", "title: no\n"),
        ("unit: thousands", "unit: 12:30"),
        ("title: Quiet", "title: 2022-02-24"),
        ("A border model", "on"),
        ("press: 1}", "press: 010}"),
        ("talks: 1,", "talks: 0x10,"),
        ("add: 12", "add: +1.2e1"),
        ("{calm: 0, tense: 0.6, crisis: 1}", "{yes: 0, no: 0.6, calm: 0, crisis: 1}"),
        ("mood: calm,", "mood: no,"),
    )
    spec = riskmodel.load_model(write(tmp_path, text)).spec
    assert (spec.title, spec.indicators["troops"].title, spec.indicators["troops"].unit) == ("on", "no", "12:30")
    assert spec.scenarios["quiet"].title == "2022-02-24"
    assert spec.scores["pressure"].weights["press"] == 10
    assert spec.scores["stability"].weights["talks"] == 16
    assert spec.rules["misread"].then["escalation"].add == 12
    assert list(spec.indicators["mood"].scale.levels) == ["yes", "no", "calm", "crisis"]
    assert spec.scenarios["quiet"].values["mood"] == "no"


LONG_CONDITIONS = [
    ("troops > 1" + " " * 491, ("501", "500")),
    ("(" * 240 + "troops > 1" + ")" * 240, "nested more than 50 levels deep"),
    ("not " * 60 + "troops > 1", "nested more than 50 levels deep"),
    ("-" * 60 + "troops > 1", "nested more than 50 levels deep"),
    ("troops > 1" + "0" * 400, "too large"),
    ("(" * 51 + "troops > 1" + ")" * 51, "nested more than 50 levels deep"),
    ("(" * 480, "nested more than 50 levels deep"),
    ('"' * 481, "cannot be read"),
]


@pytest.mark.parametrize(("condition", "words"), LONG_CONDITIONS)
def test_a_condition_beyond_the_limits_is_one_clear_error(tmp_path, condition, words):
    path = write(tmp_path, edited(MODEL, ("troops is many and talks is rare", "'" + condition + "'")))
    (problem,) = model_problems(path)
    assert problem.field == "rules.misread.when"
    check_words(problem, words)


def test_a_condition_within_the_limits_is_read(tmp_path):
    condition = "'" + "(" * 40 + "troops > 1" + ")" * 40 + " " * 410 + "'"
    riskmodel.load_model(write(tmp_path, edited(MODEL, ("troops is many and talks is rare", condition))))
    path = write(tmp_path, "a: " + "[" * 50 + "]" * 50)
    assert "a: unknown key" in " ".join(map(str, model_problems(path)))


@pytest.mark.parametrize(("name", "content", "words"), HOSTILE, ids=[name for name, *_ in HOSTILE])
def test_a_hostile_file_is_one_clear_error(tmp_path, name, content, words):
    path = write(tmp_path, content, name)
    problems = model_problems(path)
    check_hostile(problems, path)
    check_words(problems[0], words)


def test_a_missing_file_and_a_folder(tmp_path):
    write(tmp_path, MODEL, "border.yaml")
    (missing,) = model_problems(tmp_path / "boarder.yaml")
    check_words(missing, ("no such file", "did you mean 'border.yaml'?"))
    (folder,) = model_problems(tmp_path)
    check_words(folder, "folder")
    (name,) = model_problems("core-for")
    check_words(name, ("shipped", "did you mean 'core-four'?"))


def run(*arguments, given=None):
    """Run the command; returns exit code, standard output and standard error."""
    done = command.run(*arguments, data=given or b"")
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_the_command_prints_every_fault_of_a_model_with_line_and_caret(tmp_path):
    path = write(tmp_path, edited(MODEL, ("[0, 50]", "[50, 50]"), ("troops is many", "trops is many")))
    code, out, err = run("model", "check", path)
    assert (code, out) == (2, "")
    assert f"{path}:19:29: indicators.troops.scale.goalposts.1: " in err
    assert "   19 |     scale: {goalposts: [50, 50]}\n      |                             ^\n" in err
    assert f"{path}:58:11: rules.misread.when: 'trops'" in err
    assert "did you mean 'troops'?\n   58 |     when: trops is many and talks is rare\n      |           ^\n" in err
    assert err.endswith("2 errors\n")


@pytest.mark.parametrize(
    ("content", "words"),
    [(alias_bomb().encode(), "aliases"), (b"[" * 100_000, "50 levels deep"), (b"\xff\xfe\0", "UTF-16"), (b"", "empty")],
)
def test_the_command_reads_hostile_models_from_standard_input(content, words):
    code, out, err = run("model", "check", "-", given=content)
    assert (code, out) == (2, "")
    assert err.startswith("<stdin>")
    assert words in err
    assert err.endswith("1 error\n")
