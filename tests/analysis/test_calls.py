"""Calls of the analyses: as functions, as methods of the model, and as cannot be meant."""

import inspect

import pytest

import riskmodel
from riskmodel.model import Model

METHODS = (
    "uncertainty",
    "sensitivity",
    "levers",
    "compare",
    "rank",
    "effective_weights",
    "validate",
    "calibrate",
    "score_file",
)


def parameters(function, without):
    result = inspect.signature(function).parameters.values()
    return [(each.name, each.kind, each.default) for each in result if each.name != without]


@pytest.mark.parametrize("name", METHODS)
def test_a_method_takes_what_the_function_takes(name):
    assert parameters(getattr(Model, name), "self") == parameters(getattr(riskmodel, name), "model")


def test_methods_find_what_the_functions_find(tmp_path):
    model = riskmodel.load_model("core-four")
    values = {"military_activity": {"low": 2, "high": 8}, "espionage": 20, "communication_frequency": 2}
    both = [values, {**values, "espionage": 5}]
    same = [
        (model.uncertainty(values, draws=1024), riskmodel.uncertainty(values, model=model, draws=1024)),
        (model.sensitivity(values, draws=64), riskmodel.sensitivity(values, model=model, draws=64)),
        (model.levers(values, "escalation <= 30"), riskmodel.levers(values, "escalation <= 30", model=model)),
        (model.compare(both), riskmodel.compare(both, model=model)),
        (model.rank(both, draws=256), riskmodel.rank(both, model=model, draws=256)),
        (model.effective_weights(both), riskmodel.effective_weights(both, model=model)),
    ]
    for method, function in same:
        assert method.to_dict() == function.to_dict()
    (tmp_path / "in.csv").write_text("espionage,military_activity,communication_frequency\n1,2,3\n")
    assert model.score_file(tmp_path / "in.csv", tmp_path / "out.csv").rows_out == 1


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("uncertainty", "uncertainty(situation, model=model), or as model.uncertainty(situation)"),
        ("sensitivity", "sensitivity(situation, model=model), or as model.sensitivity(situation)"),
        ("levers", "levers(situation, target, model=model), or as model.levers(situation, target)"),
        ("compare", "compare([situation, another], model=model), or as model.compare([situation, another])"),
        ("compare_models", "compare_models(situation, model, another_model)"),
        ("rank", "rank(situations, model=model), or as model.rank(situations)"),
        ("effective_weights", "effective_weights(situations, model=model), or as model.effective_weights(situations)"),
        ("validate", 'validate(data, "outcome", model=model), or as model.validate(data, "outcome")'),
        ("calibrate", 'calibrate(data, "outcome", model=model), or as model.calibrate(data, "outcome")'),
        ("score_file", "score_file(input, output, model=model), or as model.score_file(input, output)"),
        ("read_table", "read_table(data, model=model)"),
        ("weights_from_data", "weights_from_data(method, data, model=model)"),
        ("weights_from_judgements", "weights_from_judgements(method, judgements, model=model)"),
    ],
)
def test_a_model_in_the_wrong_position_is_an_error_with_the_right_call(name, right):
    function = getattr(riskmodel, name)
    model = riskmodel.load_model("core-four")
    for given in ((model,), (model, {}), (model, {}, "x"), (model, {}, {}, "x")):
        with pytest.raises(TypeError) as caught:
            function(*given)
        assert str(caught.value).startswith(f"call it as {right}; got {name}(Model")


def test_two_situations_without_a_list_are_an_error_with_the_right_call():
    with pytest.raises(TypeError, match=r"call it as compare\(\[situation, another\], .*; got compare\(dict, dict\)"):
        riskmodel.compare({"espionage": 1}, {"espionage": 2})
