"""Fixtures for tests of batch runs: a small model, and functions that score bytes with it."""

import os

import pytest
from batch_runs import MODEL, names_in

import riskmodel
from riskmodel import SituationError, score_file


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "mine.yaml"
    path.write_text(MODEL, encoding="utf-8")
    return riskmodel.load_model(path)


@pytest.fixture
def score(tmp_path, model):
    """Score bytes and return the result."""

    def run(data, out="out.csv", **options):
        (tmp_path / "in").write_bytes(data)
        return score_file(tmp_path / "in", tmp_path / out, model, **options)

    return run


@pytest.fixture
def refusal(tmp_path, score):
    """Return the error message for bytes, without the folder."""

    def run(data, out="out.csv", **options):
        with pytest.raises(SituationError) as caught:
            score(data, out, **options)
        assert [name for name in names_in(tmp_path) if "part" in name or "old" in name] == []
        return str(caught.value).replace(f"{tmp_path}{os.sep}", "").replace(str(tmp_path), "")

    return run
