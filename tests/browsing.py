"""A service, a browser, and a driver of the page, for tests."""

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import time

import needs
import pytest

from riskmodel.report import formatting

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)


def chromium():
    """The path of a Chromium on this machine, or None."""
    # The first has no windows to draw, and takes a third less time.
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    return next(filter(None, map(shutil.which, names)), None)


def free_port():
    """Return a free port."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return unused.getsockname()[1]


@contextlib.contextmanager
def service(*arguments):
    """The address of a running `riskmodel serve`."""
    command = [sys.executable, "-m", "riskmodel", "serve", "--port", "0", *map(str, arguments)]
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"}
    ) as run:
        try:
            output = []
            for line in run.stderr:
                output.append(line)
                if match := re.search(r"http://\S+/", line):
                    yield match.group().rstrip("/")
                    break
            else:
                raise AssertionError(f"the service did not start: {''.join(output)}")
        finally:
            run.terminate()
            run.wait(15)


@contextlib.contextmanager
def browser():
    """A browser; the test is skipped if there is none."""
    playwright = pytest.importorskip("playwright.sync_api")
    path = chromium()
    if path is None:
        needs.lacking("Chromium", "RISKMODEL_NEEDS_BROWSER")
    with playwright.sync_playwright() as started:
        running = started.chromium.launch(executable_path=path, args=list(FLAGS))
        yield running
        running.close()


class Visit:
    """A page of the service, with the errors on its console and the hosts of its requests."""

    def __init__(self, browser, address, path="/", **options):
        self.address = address
        self.context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True, **options)
        self.page = self.context.new_page()
        self.complaints, self.hosts = [], set()
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.hosts.add(re.sub(r"^(\w+://[^/]+).*", r"\1", request.url)))
        self.go(path)

    def _on_console(self, message):
        # The browser logs rejected requests.
        if message.type in ("error", "warning") and "status of 422" not in message.text:
            self.complaints.append(message.text)

    def go(self, path):
        self.page.goto(self.address + path)
        self.settle()

    def settle(self):
        """Wait until the page shows the scores of its controls."""
        self.page.wait_for_selector("body[data-ready]")
        self.page.wait_for_selector("#results[data-busy=false]", state="attached")

    def until(self, condition):
        """Poll an expression until it is true; the policy of the page forbids `wait_for_function`."""
        until = time.monotonic() + 10
        while not self.page.evaluate(condition):
            assert time.monotonic() < until, f"never came true: {condition}"
            time.sleep(0.02)

    def readings(self, side="a"):
        """Return number and band of each score shown, by title."""
        return self.page.evaluate(
            """(gauges) => Object.fromEntries([...document.querySelectorAll(gauges)].map((gauge) => [
                gauge.querySelector("h3, h4").textContent,
                [".number", ".badge"].map((part) => gauge.querySelector(part)?.textContent ?? null),
            ]))""",
            f"[data-side={side}] .gauge",
        )

    def field(self, name):
        return self.page.locator(f".field[data-name={name}]")

    def open(self, name):
        """Open the control of an indicator, and return it."""
        name_of = self.field(name).locator(".name")
        if name_of.get_attribute("aria-expanded") == "false":
            name_of.click()
        return self.field(name)

    def give_range(self, name, kind):
        """Give a value as a range of a kind, or as one value again."""
        field = self.open(name)
        if field.locator(".make-range").is_visible():
            field.locator(".make-range").click()
        field.locator(".kind").select_option(kind)

    def forget(self, name):
        """Make a value unknown."""
        self.field(name).locator(".clear").click()
        self.settle()

    def slide(self, name, share):
        """Move a slider to a share of its track; return the value of its box."""
        slider = self.field(name).locator("input[type=range]")
        slider.evaluate(
            """(slider, share) => {
                slider.value = Math.round(share * slider.max);
                slider.dispatchEvent(new Event("input", { bubbles: true }));
            }""",
            share,
        )
        self.settle()
        return self.numbers(name)[0]

    def numbers(self, name):
        """Return the numbers in the boxes of a value: one, or the parts of a range."""
        field = self.field(name)
        parts = field.locator(".range input").all() or [field.locator(".boxes input").first]
        return [float(box.input_value()) for box in parts]

    def type_in(self, name, text):
        boxes = self.field(name).locator(".boxes input")
        if not boxes.first.is_visible():
            boxes = self.open(name).locator(".range input")
        boxes.first.fill(str(text))
        self.settle()

    def exported(self, name, path):
        """Save a download of the export menu to a path; return the path."""
        button = self.page.locator(f"[data-download='{name}']")
        if not button.is_visible():
            self.page.locator("#export > button").click()
        with self.page.expect_download() as download:
            button.click()
        download.value.save_as(path)
        return path

    def show(self, view):
        """Show another view of the page."""
        self.page.locator("#views").get_by_role("link", name=view).click()

    def hash(self):
        return self.page.evaluate("location.hash")

    def close(self):
        self.context.close()


def serious_violations(page):
    """Return rule and element of each serious accessibility violation."""
    from axe_playwright_python.sync_playwright import Axe

    violations = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [(item["id"], item["nodes"][0]["html"]) for item in violations if item["impact"] in ("serious", "critical")]


def expected_readings(assessment):
    """Return number and band of each score of an assessment, by title, as the page shows them."""
    return {
        score.title: [None, "insufficient data"]
        if score.reported is None
        else [formatting.number(score.reported, score.decimals), formatting.band_text(score) or None]
        for score in assessment.scores.values()
    }


def open_with(visit, **values):
    """Open the page with only these values."""
    return visit("/#" + "&".join(f"{name}={value}" for name, value in {"": "", **values}.items()))


CORE = {"military_activity": 7, "communication_frequency": 1, "espionage": 30, "trade_disruption": 45}
