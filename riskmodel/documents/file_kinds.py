"""Recognise kinds of files by their first bytes, so that an error can name the kind instead of an invalid byte."""

import re

FIRST_BYTES = 1 << 16
"""Number of bytes that are examined."""

_EXPORT = "export it as CSV"
_KNOWN_BY = "save it under a name, by which tables are known, that ends in"
_UNPACKED = f"unpack it, and {_KNOWN_BY}"
_STATA = f"Stata data; {_UNPACKED} .dta"
_R = f"R data; {_EXPORT}"
_PICKLE = f"a Python pickle; {_EXPORT}"
_ARCHIVE = "an archive, or compressed in a way that is not read; unpack it"
_SIGNATURES = {
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": (
        f"a workbook (.xls) or one with a password, or another old Office file; {_EXPORT}, or save it as .xlsx"
    ),
    b"<stata_dta>": _STATA,
    b"$FL2@": f"SPSS data (.sav); {_EXPORT}",
    b"$FL3@": f"SPSS data (.zsav); {_EXPORT}",
    b"\0\0\0\0\0\0\0\0\0\0\0\0\xc2\xea\x81\x60": f"SAS data (.sas7bdat); {_EXPORT}",
    b"RDX2\n": _R,
    b"RDX3\n": _R,
    b"X\n\0\0\0\2": _R,
    b"X\n\0\0\0\3": _R,
    b"SQLite format 3\0": f"an SQLite database; {_EXPORT}",
    b"ARROW1\0": f"Arrow (Feather) data; {_UNPACKED} .arrow",
    b"FEA1": "Feather data of version 1; save it as version 2, Parquet or CSV",
    b"Obj\1": "Avro data; save it as Parquet or CSV",
    b"\x89HDF\r\n": f"HDF5 data; {_EXPORT}",
    b"PARE": "encrypted Parquet; save it without encryption",
    b"%PDF-": "a PDF",
    b"version https://git-lfs.github.com/spec/": "a pointer of Git LFS, not the file itself; `git lfs pull` gets it",
    b"\x80\3": _PICKLE,
    b"\x80\4\x95": _PICKLE,
    b"\x80\5\x95": _PICKLE,
    b"7z\xbc\xaf\x27\x1c": _ARCHIVE,
    b"\xfd7zXZ\0": _ARCHIVE,
    b"Rar!\x1a\x07": _ARCHIVE,
}
_OFFICE = (b"xl/", b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet")
_MARKUP = rb"(?i)<(?:!doctype html|html|head|body|table|div|script|meta|title|p|h1)\b"
_JSON = rb'\{\s*["}]|\[\s*[\[{"]'
_YAML = rb"(?:#[^\n]*\n|\s)*(?:---\s|(?:id|title|date|model|values|situations|format|notes)[ \t]*:\s)"
_DELIMITERS = ",;\t|"


def foreign_kind(start: bytes) -> str | None:
    """Name the kind of a file that is neither a table nor a document, with advice; None for others.

    Parameters
    ----------
    start : its first bytes.
    """
    if start.startswith(b"PK\3\4"):
        if any(part in start for part in _OFFICE):
            return f"a workbook; {_UNPACKED} .xlsx or .ods"
        return "a zip archive; unpack it"
    for signature, kind in _SIGNATURES.items():
        if start.startswith(signature):
            return kind
    if start[257:262] == b"ustar" or (start.startswith(b"BZh") and start[4:10] == b"1AY&SY"):
        return _ARCHIVE
    if b"\x69" <= start[:1] <= b"\x73" and start[1:4] in (b"\1\1\0", b"\2\1\0"):
        return _STATA
    text = _text(start)
    return _markup_kind(text) if text.startswith(b"<") else None


def _markup_kind(text: bytes) -> str | None:
    """Name the kind of markup; None for other texts."""
    is_xml = text.startswith(b"<?xml")
    if re.match(_MARKUP, text) or (is_xml and b"<html" in text.lower()):
        return "HTML, such as the page of an error, and not the file itself; download it again"
    if is_xml:
        return f"a workbook (XML); {_EXPORT}" if b"office:spreadsheet" in text else "XML"
    return None


def document_kind(start: bytes) -> str | None:
    """Name the kind of a document where a table is expected; None for others.

    Parameters
    ----------
    start : its first bytes.
    """
    text = _text(start)
    if re.match(_JSON, text):
        return "JSON; tables are read as CSV or Parquet"
    if re.match(_YAML, text):
        return "YAML; tables are read as CSV or Parquet, and situations by `riskmodel score`"
    return None


def table_kind(start: bytes) -> str | None:
    """Name the kind of a table or compressed file where a document is expected; None for others.

    Parameters
    ----------
    start : its first bytes.
    """
    if start.startswith(b"PAR1"):
        return f"Parquet; {_KNOWN_BY} .parquet"
    if start.startswith((b"\x1f\x8b", b"\x28\xb5\x2f\xfd")):
        return f"compressed; unpack it, or, if it is a table, {_KNOWN_BY} .csv.gz or .csv.zst"
    if looks_like_table(start):
        return f"a table (CSV); {_KNOWN_BY} .csv or .tsv"
    return None


def looks_like_table(start: bytes) -> bool:
    """Return whether the first two lines have the same number of cells, two or more, and the first has no key."""
    if b"\0" in start:
        return False
    text = re.sub(r'"(?:[^"]|"")*"', "", start.decode(errors="replace"))
    lines = text.lstrip("\ufeff\r\n").splitlines()[:2]
    if len(lines) < 2 or re.search(r":(\s|$)", lines[0]) or lines[0].lstrip().startswith(("{", "[", "#", "-")):
        return False
    return any(len({line.count(delimiter) for line in lines} | {0}) == 2 for delimiter in _DELIMITERS)


def _text(start: bytes) -> bytes:
    return start.removeprefix(b"\xef\xbb\xbf").lstrip()
