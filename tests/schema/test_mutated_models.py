"""Models broken at random: each loads, or is told at its place, and never ends in anything else."""

import copy

import pytest
import yaml
from broken import MARK, check_shown, places_of, write
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import riskmodel
from riskmodel.documents.document import read
from riskmodel.documents.models import shipped

DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
PLAIN = read(shipped()["bilateral-tension"]).root.plain()

# No control characters: not every text format can hold them. Nor the mark of places, which is taken out of every text.
WORDS = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters=MARK), max_size=8)
JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters=MARK), max_size=8),
    st.sampled_from(
        [10**400, "", "<<", "[key]", "<points>", "military_activity", "escalation > 5", "__import__('os')"]
    ),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.sampled_from(["add", "low", "weight", "source", "fit"]), st.integers(), max_size=2),
)


def slots(value):
    """Every place in nested mappings and lists, as the container and the key or position in it."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from slots(value[key])


def mutate(draw, model):
    """Delete a value, replace it with junk, swap it with another, or rename its key."""
    positions = list(slots(model))
    if not positions:
        return
    container, key = draw(st.sampled_from(positions))
    action = draw(st.sampled_from(["delete", "replace", "swap", "rename"]))
    if action == "delete":
        del container[key]
    elif action == "replace":
        container[key] = draw(JUNK)
    elif action == "swap":
        other, other_key = draw(st.sampled_from(positions))
        container[key], other[other_key] = copy.deepcopy(other[other_key]), copy.deepcopy(container[key])
    elif isinstance(container, dict):
        renamed = draw(st.one_of(WORDS, st.sampled_from([*map(str, container), "title", "when", "<<"])))
        content = {renamed if name == key else name: value for name, value in container.items()}
        container.clear()
        container.update(content)


@pytest.mark.slow
@pytest.mark.filterwarnings("error")
@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_any_mutation_of_a_valid_model_loads_or_is_reported_at_its_position(tmp_path_factory, data):
    model = copy.deepcopy(PLAIN)
    for _ in range(data.draw(st.integers(1, 4))):
        mutate(data.draw, model)
    text = yaml.dump(model, Dumper=DUMPER, sort_keys=False, allow_unicode=data.draw(st.booleans()))
    path = write(tmp_path_factory.getbasetemp(), text, "mutated.yaml")
    try:
        riskmodel.load_model(path)
    except riskmodel.ModelError as error:
        problems = error.problems
    else:
        return
    assert problems
    for problem in problems:
        check_shown(problem, path, text)
    assert places_of(problems) == sorted(places_of(problems))
