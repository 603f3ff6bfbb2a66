"""Measure the table view of the page in a browser: a table of 100,000 rows and 30 columns.

    python benchmarks/table_view.py [--rows 100000]

It needs Playwright and an installed Chromium. It measures the time from the file to its first rows and to all of them,
the frames of scrolls, and the memory of the tab. The work of a frame is compared with that of a plain page, which shows
as many rows of the same file as lines of text and does nothing else: the ratio hardly depends on the machine.
"""

import argparse
import contextlib
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pandas as pd

import riskmodel
from riskmodel.schema.breakpoints import indicator_range

_COLUMNS = 30
_FRAMES = 60
_PAIRS = 3
"""Scrolls of each page, by turns."""
_SCREEN = {"width": 1400, "height": 900}
_BROWSERS = ("chromium-headless-shell", "chromium", "google-chrome")
_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
_WORK_TARGET, _RATIO_TARGET = 50.0, 16.0
"""The most work of a frame in milliseconds, and the most times that of a page of text."""
_TIMES = """
() => {
    const start = performance.now();
    window.times = {};
    const note = (name, selector) => {
        if (!window.times[name] && document.querySelector(selector)) window.times[name] = performance.now() - start;
    };
    new MutationObserver(() => {
        note("first rows", ".grid-row");
        note("all rows", ".filters:not([disabled])");
    }).observe(document.getElementById("scored"), { childList: true, subtree: true, attributes: true });
}
"""
_SCROLL = """
async ([selector, step, frames]) => {
    const box = document.querySelector(selector);
    box.scrollTop = 0;
    const deltas = [];
    let before = await new Promise(requestAnimationFrame);
    for (let frame = 0; frame < frames; frame += 1) {
        box.scrollTop += step;
        const now = await new Promise(requestAnimationFrame);
        deltas.push(now - before);
        before = now;
    }
    return deltas;
}
"""
_PLAIN = """
([lines, height, rowHeight]) => {
    document.body.innerHTML = "<div id=box><div id=sheet></div></div>";
    const [box, sheet] = [document.getElementById("box"), document.getElementById("sheet")];
    Object.assign(box.style, { height: `${height}px`, overflow: "auto", position: "relative", fontSize: "13px" });
    sheet.style.height = `${lines.length * rowHeight}px`;
    const rows = Array.from({ length: Math.ceil(height / rowHeight) + 1 }, () => document.createElement("div"));
    const style = { position: "absolute", height: `${rowHeight}px`, whiteSpace: "pre" };
    for (const row of rows) Object.assign(row.style, style);
    sheet.append(...rows);
    const draw = () => {
        const first = Math.floor(box.scrollTop / rowHeight);
        rows.forEach((row, index) => {
            row.style.top = `${(first + index) * rowHeight}px`;
            row.textContent = lines[first + index] ?? "";
        });
    };
    box.addEventListener("scroll", draw);
    draw();
}
"""


def make_table(path: Path, rows: int) -> None:
    """Write a CSV file of random rows: names, months, all indicators of the model, and other columns."""
    spec, chance = riskmodel.load_model().spec, np.random.default_rng(1)
    numbers = np.arange(rows)
    columns: dict[str, Any] = {
        "id": [f"dyad-{number % 400:03d}" for number in numbers],
        "date": [f"{1990 + number // 4800 % 30}-{number // 400 % 12 + 1:02d}" for number in numbers],
        "region": chance.choice(["Africa", "Americas", "Asia", "Europe"], rows),
    }
    for name in spec.indicators:
        low, high, _ = indicator_range(spec, name)
        values = chance.uniform(low, high, rows).round(1)
        columns[name] = np.where(chance.random(rows) < 0.1, np.nan, values)
    for number in range(_COLUMNS - len(columns)):
        columns[f"other_{number}"] = chance.normal(size=rows).round(3)
    pd.DataFrame(columns).to_csv(path, index=False)


@contextlib.contextmanager
def service() -> Iterator[str]:
    """Run the service; yield its address."""
    command = [sys.executable, "-m", "riskmodel", "serve", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None  # noqa: S101  (it is a pipe)
            yield next(match.group() for line in process.stderr if (match := re.search(r"http://\S+/", line)))
        finally:
            process.terminate()


def measure(browser: Any, address: str, path: Path) -> None:
    """Print the figures of the table view, and the ratio of its work to that of a plain page."""
    page = browser.new_page(viewport=_SCREEN)
    page.goto(address)
    page.wait_for_selector("body[data-ready]")
    session = page.context.new_cdp_session(page)
    empty = _heap(session)
    page.evaluate(_TIMES)
    page.set_input_files("#file", path)
    page.wait_for_selector(".filters:not([disabled])", timeout=120_000)
    for name, milliseconds in page.evaluate("window.times").items():
        print(f"{name}: {milliseconds / 1000:.2f} s after the file was dropped")
    print(f"memory of scripts: {_heap(session) - empty:.0f} MB; the file has {path.stat().st_size / 1e6:.0f} MB")
    page.locator(".grid").scroll_into_view_if_needed()
    box = page.locator(".grid").evaluate("grid => grid.clientHeight")
    plain = browser.new_page(viewport=_SCREEN)
    plain.evaluate(_PLAIN, [path.read_text().splitlines()[1:], box, 36])
    plain_session = plain.context.new_cdp_session(plain)
    for label, step in (("by three rows a frame", 108), ("by a screen a frame", box)):
        _compare(label, (page, session, ".grid", step), (plain, plain_session, "#box", step))
    page.locator(".column-menu > summary").click()
    page.get_by_role("button", name="All", exact=True).click()
    page.keyboard.press("Escape")
    _compare("all columns, by a screen a frame", (page, session, ".grid", box), (plain, plain_session, "#box", box))


def _heap(session: Any) -> float:
    """Return the megabytes that scripts hold after a collection."""
    session.send("HeapProfiler.collectGarbage")
    return float(session.send("Runtime.getHeapUsage")["usedSize"]) / 1e6


def _compare(label: str, view: tuple[Any, ...], plain: tuple[Any, ...]) -> None:
    """Scroll both pages by turns, and print frames, work and its ratio."""
    for side in (view, plain):
        _scroll(*side)  # the first scroll compiles scripts
    pairs = [(_scroll(*view), _scroll(*plain)) for _ in range(_PAIRS)]
    work = min(work for (_, work), _ in pairs)
    ratio = median(work / other for (_, work), (_, other) in pairs)
    # Other processes delay frames, so those of both pages are shown.
    view_frames, plain_frames = (_summary([pair[side][0] for pair in pairs]) for side in (0, 1))
    print(f"{label}: frames {view_frames} (page of text: {plain_frames})")
    print(f"  work {work:.1f} ms a frame; target: at most {_WORK_TARGET:g} ms, {_verdict(work, _WORK_TARGET)}")
    print(f"  {ratio:.1f} times a page of text; target: at most {_RATIO_TARGET:g}, {_verdict(ratio, _RATIO_TARGET)}")


def _summary(scrolls: list[list[float]]) -> str:
    """Return the time of the frames of several scrolls: at the median, and of the worst in the best scroll."""
    return f"{median(map(median, scrolls)):.0f} ms, worst {min(map(max, scrolls)):.0f} ms"


def _verdict(value: float, most: float) -> str:
    return "met" if value <= most else "missed"


def _scroll(page: Any, session: Any, selector: str, step: int) -> tuple[list[float], float]:
    """Scroll a page; return the time of each frame, and the work of the page in a frame, in milliseconds."""
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    before = _task_seconds(session)
    deltas = page.evaluate(_SCROLL, [selector, step, _FRAMES])
    return deltas, 1000 * (_task_seconds(session) - before) / _FRAMES


def _task_seconds(session: Any) -> float:
    metrics = {metric["name"]: metric["value"] for metric in session.send("Performance.getMetrics")["metrics"]}
    return float(metrics["TaskDuration"])


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000)
    rows = parser.parse_args().rows
    chromium = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if chromium is None:
        sys.exit("not measured: no Chromium is installed")
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, service() as address, sync_playwright() as playwright:
        path = Path(folder) / "table.csv"
        make_table(path, rows)
        browser = playwright.chromium.launch(executable_path=chromium, args=_FLAGS)
        measure(browser, address, path)
        browser.close()


if __name__ == "__main__":
    main()
