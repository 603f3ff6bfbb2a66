#!/usr/bin/env bash
# adbc-driver-sqlite 1.13.0: Ctrl-C in a query does not stop it, and is no KeyboardInterrupt: NOT_IMPLEMENTED at its end.
#
# Guess: SIGINT while `cursor.execute` runs raises KeyboardInterrupt, at once or when the query has ended, as with the
# standard library's sqlite3: the driver manager installs a handler that cancels the statement, for this purpose.
# Seen: the query runs to its end; then `execute` raises NotSupportedError("NOT_IMPLEMENTED") and its result is lost.
# No KeyboardInterrupt follows: the driver manager replaced Python's handler, and raises what its own call of `cancel`
# raised, which this driver lacks. So `except Exception` (a loop that tries again, a log of errors) swallows Ctrl-C.
# With sqlite3, the same query ends by KeyboardInterrupt.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q adbc-driver-manager==1.13.0 adbc-driver-sqlite==1.13.0 pyarrow==26.0.1
cat > "$work/query.py" <<'PYTHON'
"""Run a query for some seconds by one of two libraries, with SIGINT in the middle; print what ends it."""

import os
import signal
import sqlite3
import sys
import threading
from importlib.metadata import version

import adbc_driver_sqlite.dbapi

assert version("adbc-driver-sqlite") == "1.13.0"
QUERY = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12000000) SELECT count(*) AS c FROM n"
library = {"adbc": adbc_driver_sqlite.dbapi, "sqlite3": sqlite3}[sys.argv[1]]
signal.signal(signal.SIGINT, signal.default_int_handler)
with library.connect(":memory:") as connection:
    cursor = connection.cursor()
    threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    try:
        cursor.execute(QUERY)
        cursor.fetchall()
        ended = "nothing"
    except KeyboardInterrupt:
        ended = "KeyboardInterrupt"
    except Exception as error:
        ended = f"{type(error).__name__}: {error}"
    cursor.close()
print(ended)
PYTHON
adbc=$("$work/venv/bin/python" "$work/query.py" adbc)
standard=$("$work/venv/bin/python" "$work/query.py" sqlite3)
echo "ADBC: $adbc; sqlite3: $standard"
[ "$adbc" = "NotSupportedError: NOT_IMPLEMENTED" ] && [ "$standard" = "KeyboardInterrupt" ]
