"""Time the page from the move of a slider to the new numbers, in a browser; a part of serve.py.

    python benchmarks/slider.py ADDRESS

It needs Playwright and an installed Chromium. Time runs from the slider's input event to the moment when the numbers in
the page have been replaced, with one situation and with two.
"""

import shutil
import sys
from statistics import quantiles
from typing import Any

MOVES = 50
TARGET = 60.0
"""Milliseconds at the median."""
_BROWSERS = ("chromium-headless-shell", "chromium", "google-chrome")
_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
_MOVE = """
([name, share, numbers]) => new Promise((done) => {
    const slider = document.querySelector(`.field[data-name="${name}"] input[type=range]`);
    const start = performance.now();
    new MutationObserver((_, observer) => {
        observer.disconnect();
        done(performance.now() - start);
    }).observe(document.querySelector(numbers), { childList: true });
    slider.value = Number(slider.min) + share * (slider.max - slider.min);
    slider.dispatchEvent(new Event("input", { bubbles: true }));
})
"""


def report(address: str) -> None:
    """Move sliders of a page, one after the other, and print the times to the new numbers."""
    print("\nfrom slider to new numbers, in a browser")
    chromium = next(filter(None, map(shutil.which, _BROWSERS)), None)
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        sync_playwright = None
    if sync_playwright is None or chromium is None:
        print("not measured: Playwright or Chromium is not installed")
        return
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=_FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(address)
        page.wait_for_selector("body[data-ready] #scores-a .gauge")
        _measure(page, "one situation", "#scores-a")
        page.locator("#split").click()
        page.wait_for_selector("#comparison .change")
        _measure(page, "two situations", "#comparison")
        browser.close()


def _measure(page: Any, label: str, numbers: str) -> None:
    """Print the times until an element has new numbers; each slider moves once before the clock runs."""
    names = page.evaluate("[...document.querySelectorAll('.field[data-name]')].map((field) => field.dataset.name)")
    moves = [[names[index % len(names)], 0.1 + 0.37 * index % 0.8, numbers] for index in range(len(names) + MOVES)]
    times = [page.evaluate(_MOVE, move) for move in moves][len(names) :]
    percentiles = quantiles(times, n=20)
    middle = percentiles[9]
    verdict = "met" if middle <= TARGET else "missed"
    print(f"{label}: median {middle:.0f} ms, 95 % within {percentiles[18]:.0f} ms, of {len(times)} moves")
    print(f"target: at most {TARGET:g} ms at the median; {verdict}")


if __name__ == "__main__":
    report(sys.argv[1])
