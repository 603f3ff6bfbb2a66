"""Recipes: what is accepted, and one clear error for what is not."""

import pytest

from riskmodel.documents.recipes import NEW_RECIPE, load_recipe
from riskmodel.errors import SituationError

GOOD = """\
format: 1
pairs: [USA-RUS]
period: {from: 2018-02, to: 2018-05}
sources:
  events: {kind: gdelt, path: "*.CSV"}
"""


def load(tmp_path, text):
    path = tmp_path / "recipe.yaml"
    path.write_text(text, encoding="utf-8")
    return load_recipe(path)


def test_a_recipe_is_read_with_its_folder(tmp_path):
    recipe = load(tmp_path, GOOD)
    assert recipe.folder == tmp_path
    assert recipe.spec.sources["events"].path == ("*.CSV",)
    assert (recipe.spec.period.first_month, recipe.spec.period.last_month) == (48 * 12 + 1, 48 * 12 + 4)


def test_a_mapping_is_a_recipe_and_a_year_a_whole_one():
    content = {"format": 1, "pairs": "all", "period": {"from": 2018, "to": 2019, "step": "year"}}
    recipe = load_recipe({**content, "sources": {"x": {"kind": "trade", "path": ["a.csv", "b.csv"]}}})
    assert recipe.spec.period.last_month - recipe.spec.period.first_month == 23


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("gdelt", "gdlet", "2018"),
        ("to: 2018-05", "to: 2018-01", "2018-01 is before 2018-02"),
        ("to: 2018-05", "to: 2018-13", "should be a year, month or day"),
        ("to: 2018-05", "to: 2018-02-30", "should be a year, month or day"),
        ("to: 2018-05", "to: 2018-06, step: quarter", "2018-02 does not begin a quarter"),
        ("from: 2018-02, to: 2018-05", "from: 2018-04, to: 2018-05, step: quarter", "does not end a quarter"),
        ("path:", "paths:", "did you mean 'path'"),
        ("pairs: [USA-RUS]", "pairs: []", "pairs: should be a list of pairs such as [USA-RUS, IND-PAK], or `all`"),
        ("pairs: [USA-RUS]", "pairs: USA-RUS", "pairs: should be a list of pairs"),
    ],
)
def test_an_error_names_line_and_value(tmp_path, old, new, message):
    with pytest.raises(SituationError) as error:
        load(tmp_path, GOOD.replace(old, new))
    assert f"{tmp_path / 'recipe.yaml'}:" in str(error.value)
    if old != "gdelt":
        assert message in str(error.value)
    else:
        assert "'gdlet'" in str(error.value)
        assert "gdelt" in str(error.value)


def test_the_recipe_to_start_from_is_valid(tmp_path):
    assert load(tmp_path, NEW_RECIPE).spec.period.step == "month"
