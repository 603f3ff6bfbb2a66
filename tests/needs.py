"""What tests need of the machine beyond Python."""

import os
import shutil

import pytest


def lacking(what, variable):
    """Skip the tests of what is not on this machine, or fail them where a variable of the environment asks for it."""
    stop = pytest.fail if variable in os.environ else pytest.skip
    stop(f"not on this machine: {what}")


def tools(names, variable):
    """Skip or fail where a program is not on the path."""
    if missing := [name for name in names if shutil.which(name) is None]:
        lacking(", ".join(missing), variable)
