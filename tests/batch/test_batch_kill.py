"""Runs that are killed, interrupted, without disk space, or concurrent leave all files or none."""

import json
import os
import random
import resource
import signal
import stat
import subprocess
import threading
import time

import pytest
from batch_runs import ENVIRONMENT, MODEL, batch, names_in, words

HEAD = b"id,x,mood,y,note\n"
ROW = b"r%d,%d,calm,1.5,some text that passes through\n"
ROWS = b"".join(ROW % (row, row % 11) for row in range(2999)) + ROW % (3000, 11)
WRITTEN = ["out.csv", "out.csv.manifest.json", "out.csv.rejects.csv"]
OLD = {"out.csv": b"old output", "out.csv.manifest.json": b"{}", "out.csv.rejects.csv": b"old rejects"}


@pytest.fixture
def folder(tmp_path):
    """Create a folder with a model, a file of 90,000 rows (some of them invalid), and the files of an old run."""
    (tmp_path / "m.yaml").write_text(MODEL, encoding="utf-8")
    (tmp_path / "in.csv").write_bytes(HEAD + ROWS * 30)
    put_old(tmp_path)
    return tmp_path


def put_old(folder):
    for name, content in OLD.items():
        (folder / name).write_bytes(content)


def start(folder, *arguments, **how):
    """Start a run and leave it running."""
    how = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | how
    return subprocess.Popen(words(*arguments, "-m", "m.yaml"), cwd=folder, env=ENVIRONMENT, **how)


def wait_for_parts(folder, run):
    until = time.monotonic() + 20
    while not parts(folder) and run.poll() is None and time.monotonic() < until:
        time.sleep(0.005)
    assert parts(folder)


def contents(folder):
    return {name: (folder / name).read_bytes() for name in WRITTEN}


def parts(folder):
    return [name for name in names_in(folder) if name.endswith(".riskmodel-part")]


def is_new(name, content, new):
    """Return True if a file is from a complete run; manifests differ in their times."""
    if not name.endswith(".json"):
        return content == new[name]
    return content != OLD[name] and json.loads(content).keys() == json.loads(new[name]).keys()


class Endless:
    """A run that reads rows from a pipe for as long as it is fed."""

    def __init__(self, folder, *arguments):
        self.run = start(folder, "-", "-o", *arguments, stdin=subprocess.PIPE)
        self.fed = threading.Event()
        self.thread = threading.Thread(target=self.feed, daemon=True)
        self.thread.start()

    def feed(self):
        try:
            self.run.stdin.write(HEAD)
            while not self.fed.is_set():
                self.run.stdin.write(ROWS)
                time.sleep(0.02)
            self.run.stdin.close()
        except (BrokenPipeError, ValueError):
            pass

    def end(self):
        """Feed no more; return the exit code and stderr."""
        self.fed.set()
        self.thread.join(20)
        self.run.wait(30)
        with self.run.stdout, self.run.stderr:
            return self.run.returncode, self.run.stderr.read()


@pytest.mark.slow
def test_a_killed_run_leaves_all_old_or_all_new(folder):
    rng = random.Random(time.time_ns())
    with start(folder, "in.csv", "-o", "out.csv") as run:
        wait_for_parts(folder, run)
        start_time = time.monotonic()
        assert run.wait(60) == 1
        duration = time.monotonic() - start_time
    new = contents(folder)
    # Killed before it writes, a run has done nothing yet.
    for _ in range(8):
        put_old(folder)
        with start(folder, "in.csv", "-o", "out.csv") as run:
            wait_for_parts(folder, run)
            time.sleep(rng.uniform(0, 1.1) * duration)
            run.kill()
        after = contents(folder)
        renewed = [name for name in WRITTEN if is_new(name, after[name], new)]
        assert all(name in renewed or after[name] == OLD[name] for name in WRITTEN)
        if WRITTEN[1] in renewed:
            assert renewed == WRITTEN
    assert start(folder, "in.csv", "-o", "out.csv").wait(60) == 1
    assert all(is_new(name, content, new) for name, content in contents(folder).items())
    assert names_in(folder) == ["in.csv", "m.yaml", *WRITTEN]


def test_a_run_killed_while_it_writes_leaves_parts_that_the_next_uses_up(folder):
    endless = Endless(folder, "out.csv")
    wait_for_parts(folder, endless.run)
    endless.run.kill()
    endless.end()
    assert contents(folder) == OLD
    assert set(parts(folder)) <= {f".{name}.riskmodel-part" for name in WRITTEN}
    assert batch("in.csv", "-o", "out.csv", "-m", "m.yaml", cwd=folder).returncode == 1
    assert names_in(folder) == ["in.csv", "m.yaml", *WRITTEN]


@pytest.mark.parametrize("engine", ["local", "duckdb"])
def test_an_interrupted_run_changes_no_file(folder, engine):
    if engine == "duckdb":
        pytest.importorskip("duckdb", reason="the extra `sql` is not installed")
    before = names_in(folder)
    endless = Endless(folder, "out.csv", "--engine", engine)
    wait_for_parts(folder, endless.run)
    time.sleep(0.2)
    endless.run.send_signal(signal.SIGINT)
    code, stderr = endless.end()
    assert code == 130
    assert b"Traceback" not in stderr
    assert contents(folder) == OLD
    assert names_in(folder) == before


@pytest.mark.parametrize("out", ["out.csv", "out.csv.gz", "out.parquet", "out.arrow", "out.xlsx"])
def test_a_full_disk_changes_no_file(folder, out):
    (folder / out).write_bytes(b"old output")
    before = names_in(folder)

    def short_of_room():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))

    run = start(folder, "in.csv", "-o", out, preexec_fn=short_of_room)
    stderr = run.communicate(timeout=60)[1]
    assert run.returncode == 2
    assert b"Traceback" not in stderr
    assert stderr.splitlines()[1:] in ([], [b"1 error"])
    assert contents(folder) == OLD
    assert (folder / out).read_bytes() == b"old output"
    assert names_in(folder) == before


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_behind_standard_output_is_an_error(folder):
    with open("/dev/full", "wb") as full:
        run = start(folder, "in.csv", "-o", "-", "--quiet", "--rejects", "bad.csv", stdout=full)
        stderr = run.communicate(timeout=60)[1]
    assert run.returncode == 2
    assert b"Traceback" not in stderr
    assert parts(folder) == []


def test_two_runs_to_the_same_names_are_refused(folder):
    endless = Endless(folder, "out.csv", "--rejects", "bad.csv")
    wait_for_parts(folder, endless.run)
    for arguments in (["out.csv"], ["./out.csv"], ["other.csv", "--rejects", "bad.csv"]):
        second = batch("in.csv", "-o", *arguments, "-m", "m.yaml", cwd=folder)
        assert second.returncode == 2
        assert b"Traceback" not in second.stderr
    assert not (folder / "other.csv").exists()
    assert contents(folder) == OLD
    code, stderr = endless.end()
    assert code == 1, stderr
    assert (folder / "out.csv").read_bytes().startswith(HEAD[:-1] + b",s,")
    assert (folder / "bad.csv").read_bytes().count(b"\n") > 1
    assert batch("in.csv", "-o", "out.csv", "-m", "m.yaml", cwd=folder).returncode == 1
    assert parts(folder) == []


def test_a_device_is_written_to_and_stays_one(folder):
    device = folder / "null"
    try:
        os.mknod(device, stat.S_IFCHR | 0o666, os.makedev(1, 3))
        device.write_bytes(b"x")
    except OSError:
        pytest.skip("a device cannot be made here")
    before = device.stat()
    (folder / "in.csv").write_bytes(HEAD + ROWS)
    done = batch("in.csv", "-o", "null", "--rejects", "bad.csv", "-m", "m.yaml", cwd=folder)
    assert done.returncode == 1, done.stderr
    after = device.stat()
    assert (after.st_mode, after.st_rdev, after.st_ino) == (before.st_mode, before.st_rdev, before.st_ino)
    assert (folder / "bad.csv").read_bytes().startswith(b"line,id,")
    again = batch("in.csv", "-o", "other.csv", "--rejects", "null", "-m", "m.yaml", cwd=folder)
    assert (again.returncode, device.stat().st_rdev) == (1, before.st_rdev)
    assert parts(folder) == []


def test_a_named_pipe_is_written_to_and_stays_one(folder):
    (folder / "in.csv").write_bytes(HEAD + ROWS * 3)
    batch("in.csv", "-o", "out.csv", "-m", "m.yaml", cwd=folder)
    os.mkfifo(folder / "pipe")
    read = []
    thread = threading.Thread(target=lambda: read.append((folder / "pipe").read_bytes()), daemon=True)
    thread.start()
    done = batch("in.csv", "-o", "pipe", "--rejects", "bad.csv", "-m", "m.yaml", cwd=folder)
    thread.join(20)
    assert done.returncode == 1, done.stderr
    assert read == [(folder / "out.csv").read_bytes()]
    assert stat.S_ISFIFO((folder / "pipe").stat().st_mode)
    assert parts(folder) == []
