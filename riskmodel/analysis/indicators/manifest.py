"""The manifest of a table of indicators: what it was made from, with fingerprints."""

import hashlib
import os
from datetime import UTC, datetime
from typing import Any

import riskmodel
from riskmodel.analysis.results.indicators import IndicatorTable


def manifest(table: IndicatorTable, output: str, started: datetime) -> dict[str, Any]:
    """Return the content of the manifest of a table: versions, counts, and the SHA-256 of every input.

    Parameters
    ----------
    table : the table.
    output : the file that it is written to.
    started : when the run began.
    """
    content = table.to_dict()
    del content["rows"]
    members: dict[str, list[dict[str, Any]]] = {}
    for file in content.pop("files"):
        members.setdefault(file.pop("path"), []).append(file)
    return {
        "riskmodel": riskmodel.__version__,
        "output": output,
        **content,
        "files": [
            {"path": path, "bytes": os.path.getsize(path), "sha256": _sha256(path), "read": parts}
            for path, parts in members.items()
        ],
        "started": started.isoformat(timespec="seconds"),
        "seconds": round((datetime.now(UTC) - started).total_seconds(), 3),
    }


def _sha256(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
