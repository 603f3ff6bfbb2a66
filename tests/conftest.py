"""What several tests share."""

import os
from pathlib import Path

import pytest

import riskmodel

# Before numpy is imported, as the command line does: threads of its linear algebra look for work all the time, and slow
# the many small fits of some tests by a factor of five on a busy machine.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


@pytest.fixture(scope="session")
def default_model():
    return riskmodel.load_model()


@pytest.fixture(scope="session")
def reference_data():
    """The folder of published data that is not part of the project."""
    folder = os.environ.get("RISKMODEL_REFERENCE_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("RISKMODEL_REFERENCE_DATA does not name a folder with the reference data")
    return Path(folder)


@pytest.fixture
def write(tmp_path):
    """Write a text to a file in a fresh folder and return its path."""

    def write_file(name, text):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write_file
