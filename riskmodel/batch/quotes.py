"""The quotes of CSV: round a cell that would be read as something else without them."""

import re
from functools import cache

import pyarrow as pa
import pyarrow.compute as pc

from riskmodel import arrays


def quoted(text: str, delimiter: str) -> str:
    """A cell as it is written: in quotes where it needs them, and where it is empty but not missing."""
    return '"' + text.replace('"', '""') + '"' if _in_need(delimiter).search(text) else text


def quoted_column(texts: pa.Array, delimiter: str) -> pa.Array:
    """The same for each of (n,) cells; null stays null."""
    special = pc.match_substring_regex(texts, _in_need(delimiter).pattern)
    if not pc.any(special).as_py():
        return texts
    quote = arrays.texts(['"'])[0]
    doubled = pc.replace_substring(texts, '"', '""')
    return pc.if_else(special, pc.binary_join_element_wise(quote, doubled, quote, arrays.texts([""])[0]), texts)


@cache
def _in_need(delimiter: str) -> re.Pattern[str]:
    """What is found in a cell that needs quotes; Python and RE2 read it alike."""
    return re.compile('^$|["\r\n' + re.escape(delimiter) + "]")
