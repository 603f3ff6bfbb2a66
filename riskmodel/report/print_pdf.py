"""Print a page to PDF with the Chromium of the machine, which lays it out as on paper from a browser."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from riskmodel.errors import RiskmodelError, counted

_NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
    "msedge",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)
"""Programs that print to PDF, the lightest first."""
_FLAGS = (
    "--headless",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-extensions",
    "--disable-sync",
    "--no-default-browser-check",
    "--no-first-run",
    "--no-pdf-header-footer",
    # The page refers to nothing; the browser itself has no business on the network either.
    "--host-resolver-rules=MAP * ~NOTFOUND",
)
_SECONDS = 60
_TIMES = re.compile(rb"/(?:CreationDate|ModDate) \(D:[^)]*\)")
_NAMES_OF_PARTS = re.compile(rb"\(node\d{8}\)")
"""A browser counts from a number that varies."""
_PAPER = "<style>@page { size: A4; }</style></head>"


def browser() -> str | None:
    """Return the path of a browser that prints to PDF, or None."""
    return next(filter(None, map(shutil.which, _NAMES)), None)


def printed(page: str) -> bytes:
    """Return a page as a PDF file on A4; equal pages give equal files.

    Parameters
    ----------
    page : HTML without references to other files.

    Raises
    ------
    RiskmodelError
        There is no browser on this machine, or it fails.
    """
    program = browser()
    if program is None:
        raise RiskmodelError(
            "PDF is printed by Chromium, Google Chrome or Microsoft Edge, and none was found on this machine; "
            "install one (Debian: apt install chromium), or write the report as HTML and print it from a browser"
        )
    with TemporaryDirectory(prefix="riskmodel-", ignore_cleanup_errors=True) as folder:
        source, target = Path(folder, "page.html"), Path(folder, "page.pdf")
        source.write_text(page.replace("</head>", _PAPER, 1), encoding="utf-8")
        flags = [*_FLAGS, *(["--no-sandbox"] if getattr(os, "geteuid", int)() == 0 and os.name == "posix" else [])]
        command = [program, *flags, f"--user-data-dir={folder}/profile", f"--print-to-pdf={target}", source.as_uri()]
        log = Path(folder, "log.txt")
        try:
            # Into a file: a pipe would stay open as long as any process of the browser.
            with log.open("wb") as out:
                subprocess.run(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, timeout=_SECONDS, check=False)  # noqa: S603
        except subprocess.TimeoutExpired:
            raise RiskmodelError(f"{program} did not print the page within {counted(_SECONDS, 'second')}") from None
        if not target.is_file():
            last = log.read_text(encoding="utf-8", errors="replace").strip().rpartition("\n")[2]
            raise RiskmodelError(f"{program} printed no page: {last or 'without a message'}")
        return _reproducible(target.read_bytes())


def _reproducible(content: bytes) -> bytes:
    """Return a PDF file without times, and with the names of its parts counted from 0; all lengths stay."""
    names = sorted(set(_NAMES_OF_PARTS.findall(content)))
    counted_names = {name: b"(node%08d)" % index for index, name in enumerate(names)}
    content = _NAMES_OF_PARTS.sub(lambda match: counted_names[match[0]], content)
    return _TIMES.sub(lambda match: b" " * len(match[0]), content)
