"""Every view of a result in JupyterLab itself: run there, from a notebook nobody trusts, and through nbconvert."""

import contextlib
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

import pytest
from browsing import free_port

if find_spec("jupyterlab") is None and "RISKMODEL_NEEDS_LAB" not in os.environ:
    pytest.skip("JupyterLab is not installed: pip install '.[lab]'", allow_module_level=True)

ROOT = Path(__file__).parents[2]
SET_UP = f"""
import pandas as pd
import riskmodel

examples = {str(ROOT / "examples")!r}
(article,) = riskmodel.read_situations(f"{{examples}}/article_case.yaml")
model = riskmodel.load_model()
other = model.scenarios["increased_cooperation"]
years = pd.read_csv(f"{{examples}}/made_up_years.csv")
known = {{"outcome": "dispute_next_year", "group": "pair", "time": "year"}}
"""
VIEWS = (
    "model.assess(article)",
    "riskmodel.compare([article, other])",
    "riskmodel.uncertainty(article, draws=1024)",
    "riskmodel.sensitivity(article, draws=64)",
    "riskmodel.levers(article, 'escalation <= 40')",
    "riskmodel.rank([article, other], draws=256)",
    "riskmodel.validate(years, resamples=50, **known)",
    "riskmodel.calibrate(years, test_from=2007, **known)",
    "riskmodel.effective_weights(f'{examples}/dyad_months.csv')",
    "riskmodel.series(f'{examples}/us_russia_years.csv', by='pair', time='year', draws=0)",
    "riskmodel.weights_from_data('entropy', f'{examples}/dyad_months.csv')",
)
SETTINGS = {
    # All outputs are in the page, also those that are out of sight.
    "notebook-extension/tracker": {"windowingMode": "none"},
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}
SECONDS = 120
MEASURE = """() => [...document.querySelectorAll(".riskmodel-page")].map((view) => {
  const box = (part) => part.getBoundingClientRect();
  const words = (part) => {
    const range = document.createRange();
    range.selectNodeContents(part);
    return range.getBoundingClientRect();
  };
  const cells = [...view.querySelectorAll("td, th")].filter((cell) => cell.innerText.trim());
  return {
    text: view.innerText,
    styles: view.parentElement.querySelectorAll("style").length,
    pictures: [...view.querySelectorAll("img")].map((img) => {
      const kind = ["scale", "axis", "running"].find((name) => img.classList.contains(name)) ?? "plot";
      return [img.alt, img.complete && img.naturalHeight > 0, kind, box(img).width, box(img).height];
    }),
    rows: [...view.querySelectorAll(".account tr:has(.running)")].map((row) => {
      const [label, bar] = [words(row.querySelector("th")), box(row.querySelector("img"))];
      const middle = (bar.top + bar.bottom) / 2;
      return [label.top, label.bottom, box(row).top, box(row).bottom, middle, label.right, bar.left];
    }),
    cells: cells.map((cell) => {
      const [edge, inside, style] = [box(cell), words(cell), getComputedStyle(cell)];
      return {
        text: cell.innerText,
        numeric: cell.matches(".num"),
        left: inside.left - edge.left - parseFloat(style.paddingLeft),
        right: edge.right - inside.right - parseFloat(style.paddingRight),
      };
    }),
  };
})"""


def check_views(page, *, trusted):
    """Bars stand in the rows of their labels, words begin at the left of their cells, numbers end at the right."""
    views = page.evaluate(MEASURE)
    assert len(views) == len(VIEWS)
    for view, code in zip(views, VIEWS, strict=True):
        assert bool(view["styles"]) == trusted
        assert view["cells"], code
        for cell in view["cells"]:
            assert abs(cell["right" if cell["numeric"] else "left"]) < 1, (code, cell)
        for alt, is_shown, kind, width, height in view["pictures"]:
            assert alt
            assert is_shown, alt
            # A bar may be as short as its number is small.
            assert width > (0 if kind == "running" else 50), (kind, alt)
            assert height > 15
        for top, bottom, row_top, row_bottom, middle, end_of_label, start_of_bar in view["rows"]:
            assert row_top < middle < row_bottom
            # Without the style sheet, a number without room stands below its bar, and moves it up.
            assert top < middle < bottom or not trusted
            assert end_of_label < start_of_bar
    assessment = views[0]
    assert len(assessment["rows"]) > 20
    kinds = Counter(kind for _, _, kind, _, _ in assessment["pictures"])
    assert kinds == {"scale": 2, "axis": 2, "running": len(assessment["rows"])}
    assert "Elevated; could be high. Mostly few contacts" in assessment["text"]


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """Settings and folders of Jupyter that are nobody else's."""
    folder = tmp_path_factory.mktemp("jupyter")
    for name, setting in SETTINGS.items():
        path = folder / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(setting))
    own = {f"JUPYTER_{name}_DIR": str(folder / name) for name in ("CONFIG", "DATA", "RUNTIME")}
    return {
        **os.environ,
        **own,
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
        "IPYTHONDIR": str(folder / "ipython"),
        "PYTHONPATH": str(ROOT),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }


def convert(environment, folder, *arguments):
    command = [sys.executable, "-m", "nbconvert", *arguments]
    done = subprocess.run(command, check=False, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def notebooks(environment, tmp_path_factory):
    """A folder with `fresh.ipynb`, which nobody has run, and `executed.ipynb`, which somebody else has."""
    import nbformat.v4 as nb

    folder = tmp_path_factory.mktemp("notebooks")
    content = nb.new_notebook(cells=[nb.new_code_cell(code) for code in (SET_UP, *VIEWS)])
    content.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    (folder / "fresh.ipynb").write_text(nb.writes(content))
    convert(environment, folder, "--to", "notebook", "--execute", "fresh.ipynb", "--output", "executed.ipynb")
    return folder


@pytest.fixture(scope="module")
def lab(environment, notebooks):
    """The address of JupyterLab over the notebooks."""
    port = free_port()
    options = (
        "--no-browser",
        "--allow-root",
        f"--port={port}",
        "--ServerApp.port_retries=0",
        "--IdentityProvider.token=",
    )
    command = [sys.executable, "-m", "jupyterlab", *options, "--LabApp.expose_app_in_browser=True"]
    address = f"http://localhost:{port}/lab"
    log = notebooks / "lab.log"
    with log.open("w") as out, subprocess.Popen(command, cwd=notebooks, env=environment, stdout=out, stderr=out) as run:
        try:
            until = time.monotonic() + SECONDS
            while True:
                with contextlib.suppress(OSError), urllib.request.urlopen(f"{address}/../api"):  # noqa: S310  (our own)
                    break
                assert run.poll() is None, log.read_text()
                assert time.monotonic() < until, log.read_text()
                time.sleep(0.2)
            yield address
        finally:
            run.terminate()
            run.wait(15)


@pytest.fixture
def open_page(chrome):
    contexts = []

    def opened(address):
        contexts.append(chrome.new_context(viewport={"width": 1280, "height": 900}))
        page = contexts[-1].new_page()
        page.set_default_timeout(1000 * SECONDS)
        # What a converted notebook asks of other hosts is nothing of ours.
        page.route(lambda url: not url.startswith(("http://localhost", "file:")), lambda route: route.abort())
        page.goto(address, wait_until="domcontentloaded")
        return page

    yield opened
    for context in contexts:
        context.close()


def settle(page):
    """Wait until every view is there with its pictures."""
    views, pictures = f'document.querySelectorAll(".riskmodel-page").length >= {len(VIEWS)}', "[...document.images]"
    page.wait_for_function(f"() => {views} && {pictures}.every((image) => image.complete)", polling=200)


def test_views_that_are_run_in_lab(lab, open_page):
    page = open_page(f"{lab}/tree/fresh.ipynb")
    # Before the kernel is there, Lab would ask which to take.
    session = "window.jupyterapp?.shell.currentWidget?.sessionContext?.session"
    page.wait_for_function(f"""() => {session}?.kernel?.connectionStatus === "connected\"""", polling=200)
    page.evaluate("""() => void window.jupyterapp.commands.execute("notebook:run-all-cells")""")
    settle(page)
    check_views(page, trusted=True)


def test_views_of_a_notebook_that_is_not_trusted(lab, open_page):
    page = open_page(f"{lab}/workspaces/other/tree/executed.ipynb")
    settle(page)
    check_views(page, trusted=False)


@pytest.mark.parametrize("template", ["lab", "classic"])
def test_views_of_a_converted_notebook(environment, notebooks, open_page, template):
    convert(environment, notebooks, "--to", "html", "--template", template, "executed.ipynb", "--output", template)
    page = open_page((notebooks / f"{template}.html").as_uri())
    settle(page)
    check_views(page, trusted=True)
