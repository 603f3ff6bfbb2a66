"""Console blocks of Markdown pages: commands and their output.

    python tests/console_blocks.py README.md docs/sensitivity.md

runs the commands and updates their output in the pages. Output that ends with a line `...` stays cut off after as many
lines. Commands on data that are not part of the project are skipped.
"""

import re
import shlex
import sys
import tempfile
from pathlib import Path

import command

ROOT = Path(__file__).parent.parent
FOREIGN = "mapped.csv"
_BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)
_CUT = "...\n"


def refreshed(page: str) -> str:
    """Return a page with updated output, from a folder that contains only the examples."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "examples").symlink_to(ROOT / "examples")
        return _BLOCK.sub(lambda block: f"```console\n{_fresh(block[1], folder)}```", page)


def printed(words: list[str], folder: str | Path) -> str:
    """Return the standard output of `riskmodel` with arguments."""
    done = command.run(*words, cwd=folder)
    assert done.returncode == 0, done.stderr
    return str(done.stdout)


def _fresh(block: str, folder: str) -> str:
    """Run the commands of a block."""
    parts = []
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        text, shown = part.split("\n", 1)
        if FOREIGN not in text:
            now = printed(shlex.split(text)[1:], folder)
            if shown.endswith(_CUT):
                now = "".join(now.splitlines(keepends=True)[: shown.count("\n") - 1]) + _CUT
            shown = now
        parts.append(f"$ {text}\n{shown}")
    return "".join(parts)


if __name__ == "__main__":
    for name in sys.argv[1:]:
        path = Path(name)
        path.write_text(refreshed(path.read_text(encoding="utf-8")), encoding="utf-8")
