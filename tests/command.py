"""Run the command line inside the test process, with the output and exit code of a separate process.

Starting a process takes most of a second. Tests of the process itself (signals, closed pipes, encodings, imports,
memory) start one, and `test_cli` compares some commands of each kind with one.
"""

import contextlib
import gc
import io
import os
import subprocess
import sys
import tempfile
import threading
import types
import warnings
from pathlib import Path
from unittest import mock

from riskmodel import cli

ROOT = Path(__file__).parent.parent


def terminal_output(terminal):
    """Return all that is written to a terminal, whose descriptor is closed."""
    written = b""
    while True:
        try:
            part = os.read(terminal, 65536)
        except OSError:  # Linux raises it when the other side has closed the terminal
            part = b""
        if not part:
            break
        written += part
    os.close(terminal)
    return written


def run(*words, text=None, data=None, cwd=None, **environment):
    """Run `riskmodel` with arguments.

    Parameters
    ----------
    words : arguments.
    text, data : standard input as text or bytes; output has the same type, by default text.
    cwd : working directory.
    environment : additional environment variables.
    """
    given = text.encode() if text is not None else data or b""
    code, out, err = _run(list(map(str, words)), given, cwd, environment)
    if data is None:
        out, err = out.decode(), err.decode()
    return subprocess.CompletedProcess(["riskmodel", *words], code, out, err)


def _run(words, given, cwd, environment):
    with contextlib.ExitStack() as stack:
        out, err = (stack.enter_context(tempfile.TemporaryFile()) for _ in range(2))
        stack.enter_context(_input(given))
        stack.enter_context(mock.patch.dict(os.environ, {"COLUMNS": "100", **environment}))
        if cwd is not None:
            stack.enter_context(contextlib.chdir(cwd))
        stack.enter_context(_main("riskmodel"))
        stack.enter_context(mock.patch.object(sys, "argv", ["__main__.py", *words]))
        stack.enter_context(mock.patch.object(sys, "stdout", _text(out)))
        stack.enter_context(mock.patch.object(sys, "stderr", _text(err)))
        stack.enter_context(_default_warnings())
        code = _exit_code()
        for stream, file in ((sys.stdout, out), (sys.stderr, err)):
            stream.flush()
            file.seek(0)
        return code, out.read(), err.read()


def _exit_code():
    try:
        cli.run()
    except SystemExit as ended:
        return ended.code or 0
    finally:
        gc.unfreeze()  # The command freezes all objects before it exits.
    return 0


@contextlib.contextmanager
def _main(package):
    """Set the module that click takes the name of the command from."""
    before, sys.modules["__main__"] = sys.modules["__main__"], types.ModuleType("__main__")
    sys.modules["__main__"].__package__ = package
    try:
        yield
    finally:
        sys.modules["__main__"] = before


def _text(file):
    return io.TextIOWrapper(os.fdopen(os.dup(file.fileno()), "wb"), encoding="utf-8", newline="\n")


@contextlib.contextmanager
def _input(given):
    """Replace standard input by a pipe with some bytes."""
    reading, writing = os.pipe()

    def write():
        with contextlib.suppress(BrokenPipeError), os.fdopen(writing, "wb") as pipe:
            pipe.write(given)

    writer = threading.Thread(target=write)
    writer.start()
    stdin = io.TextIOWrapper(os.fdopen(reading, "rb"), encoding="utf-8")
    with mock.patch.object(sys, "stdin", stdin):
        yield
    stdin.close()
    writer.join()


@contextlib.contextmanager
def _default_warnings():
    """Print warnings to standard error with the default filters of Python, instead of collecting them in pytest."""
    with warnings.catch_warnings():
        warnings.resetwarnings()
        for kind in (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning):
            warnings.simplefilter("ignore", kind)

        def show(message, category, filename, lineno, file=None, line=None):
            sys.stderr.write(warnings.formatwarning(message, category, filename, lineno, line))

        warnings.showwarning = show
        yield


def loaded_after(code):
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint(*sys.modules)"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=True,
    )
    return set(done.stdout.split())
