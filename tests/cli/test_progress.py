"""Progress is shown on a terminal, and nowhere else."""

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from command import terminal_output

ROWS = 300_000


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    path = tmp_path_factory.mktemp("progress") / "in.csv"
    rng = np.random.default_rng(1)
    pd.DataFrame({"espionage": rng.integers(0, 90, ROWS), "military_activity": rng.integers(0, 9, ROWS)}).to_csv(
        path, index=False
    )
    return path


def on_a_terminal(table, *options):
    """Run `riskmodel batch` with a terminal as standard error; return its output there."""
    ours, theirs = pty.openpty()
    words = [sys.executable, "-m", "riskmodel", "batch", str(table), "-o", str(table.with_name("out.csv")), *options]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2]), "TERM": "xterm", "COLUMNS": "100"}
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=theirs, env=environment) as process:
        os.close(theirs)
        written = terminal_output(ours)
        assert process.stdout.read() == b""
    assert process.returncode == 0
    return written.decode()


def test_rows_rate_rejects_and_time_left_are_shown_and_then_the_summary(table):
    written = on_a_terminal(table)
    steps = [int(rows.replace(",", "")) for rows in re.findall(r"([\d,]+) rows, [\d,]+ a second, 0 rejected", written)]
    assert steps
    assert steps == sorted(steps)
    assert steps[-1] <= ROWS
    assert re.search(r"\d+%", written)
    assert f"{ROWS:,} rows in, {ROWS:,} out, 0 rejected" in written


def test_quiet_shows_nothing(table):
    assert on_a_terminal(table, "--quiet") == ""
