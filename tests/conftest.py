"""Fixtures and markers shared by tests."""

import os
from pathlib import Path

import postgresql
import pytest
from browsing import Visit, browser, service
from hypothesis import settings
from spreadsheets import Calc

import riskmodel

# Before numpy is imported, as on the command line: threads of its linear algebra wait actively, and slow the many small
# fits of some tests by a factor of five on a busy machine.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# Durations of examples vary on a shared machine. The gate draws the same examples each time, so that it judges
# the change and not the luck of the night; everywhere else new ones are searched.
settings.register_profile("riskmodel", deadline=None, derandomize="RISKMODEL_GATE" in os.environ)
settings.load_profile("riskmodel")


FIXTURE_MARKERS = {
    "chrome": "browser",
    "address": "server",
    "server": "server",
    "paper": "office",
    "calc": "office",
    "postgres": "database",
}
"""Markers of tests by the fixtures that they use."""


def pytest_collection_modifyitems(items):
    for item in items:
        for fixture, marker in FIXTURE_MARKERS.items():
            if fixture in item.fixturenames:
                item.add_marker(marker)


@pytest.fixture(scope="session")
def default_model():
    return riskmodel.load_model()


@pytest.fixture(scope="session")
def reference_data():
    """Folder of published data that are not part of the project."""
    folder = os.environ.get("RISKMODEL_REFERENCE_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("RISKMODEL_REFERENCE_DATA does not name a folder with the reference data")
    return Path(folder)


@pytest.fixture
def write(tmp_path):
    """Write text to a file in a temporary folder, and return its path."""

    def write_file(name, text):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write_file


@pytest.fixture(scope="module")
def chrome():
    # Of a module, because Playwright keeps an event loop running, beside which the tests of the service cannot run one.
    with browser() as chromium:
        yield chromium


@pytest.fixture(scope="session")
def address():
    """Address of a service with the default model, shared by the tests of the page."""
    with service() as url:
        yield url


@pytest.fixture(scope="session")
def server():
    """`riskmodel serve` as a process of its own."""
    from serving import running  # needs the extra `serve`

    with running() as process:
        yield process


@pytest.fixture(scope="session")
def postgres():
    """A `postgresql.Database` of a private server."""
    with postgresql.running() as database:
        yield database


@pytest.fixture(scope="session")
def calc(tmp_path_factory):
    """A `spreadsheets.Calc`: the rows of workbooks that LibreOffice recomputed."""
    return Calc(tmp_path_factory.mktemp("calc"))


@pytest.fixture
def visit(chrome, address):
    """Open pages, which must log no errors and send no requests to other hosts."""
    opened = []

    def open_page(path="/", url=address, **options):
        opened.append(Visit(chrome, url, path, **options))
        return opened[-1]

    yield open_page
    for page in opened:
        page.close()
        assert page.complaints == []
        assert page.hosts == {page.address}
