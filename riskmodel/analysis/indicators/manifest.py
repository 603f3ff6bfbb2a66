"""The manifest of a table of indicators: what it was made from, with fingerprints."""

import os
from datetime import UTC, datetime
from typing import Any

import riskmodel
from riskmodel.analysis.results.indicators import IndicatorTable
from riskmodel.tables.input_file import file_sha256


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
            {"path": path, "bytes": os.path.getsize(path), "sha256": file_sha256(path), "read": parts}
            for path, parts in members.items()
        ],
        "started": started.isoformat(timespec="seconds"),
        "seconds": round((datetime.now(UTC) - started).total_seconds(), 3),
    }
