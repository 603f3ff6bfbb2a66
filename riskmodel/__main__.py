"""`python -m riskmodel` is the `riskmodel` command."""

from riskmodel.cli import run

run()
