"""The console blocks of a page: commands, and what they print.

    python tests/console_blocks.py README.md docs/sensitivity.md

runs the commands anew and writes what they print now into the pages. What a page cuts off with a last line of `...`
stays cut off after as many lines. Commands on data that are not part of the project are passed over.
"""

import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
FOREIGN = "mapped.csv"
_BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)
_CUT = "...\n"


def refreshed(page: str) -> str:
    """The page with what its commands print now, in an empty folder that has the examples."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "examples").symlink_to(ROOT / "examples")
        return _BLOCK.sub(lambda block: f"```console\n{_fresh(block[1], folder)}```", page)


def printed(words: list[str], folder: str | Path) -> str:
    """What Python prints on standard output, given these words."""
    done = subprocess.run(
        [sys.executable, *words],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "100", "PYTHONUTF8": "1"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _fresh(block: str, folder: str) -> str:
    """A block with each of its commands run."""
    parts = []
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, shown = part.split("\n", 1)
        if FOREIGN not in command:
            now = printed(["-m", *shlex.split(command)], folder)
            if shown.endswith(_CUT):
                now = "".join(now.splitlines(keepends=True)[: shown.count("\n") - 1]) + _CUT
            shown = now
        parts.append(f"$ {command}\n{shown}")
    return "".join(parts)


if __name__ == "__main__":
    for name in sys.argv[1:]:
        path = Path(name)
        path.write_text(refreshed(path.read_text(encoding="utf-8")), encoding="utf-8")
