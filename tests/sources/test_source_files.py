"""Paths of recipes name files, several by wildcards, archives, and files in archives."""

import gzip
import zipfile
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmodel.errors import SituationError
from riskmodel.sources.files import SourceFile, source_files


@pytest.fixture
def folder(tmp_path):
    """A folder with two files, and an archive with two more, as macOS packs it."""
    for name in ("b.csv", "a.csv"):
        (tmp_path / name).write_text("x\n1\n")
    with zipfile.ZipFile(tmp_path / "trade.zip", "w") as archive:
        archive.writestr("set/", "")
        for name in ("set/dyadic.csv", "set/national.csv", "__MACOSX/set/._dyadic.csv"):
            archive.writestr(name, "x\n1\n")
    return tmp_path


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["b.csv", "a.csv"], ["b.csv", "a.csv"]),
        (["*.csv"], ["a.csv", "b.csv"]),
        (["b.csv", "*.csv"], ["b.csv", "a.csv"]),
        (["trade.zip"], ["trade.zip/set/dyadic.csv", "trade.zip/set/national.csv"]),
        (["trade.zip/set/dyadic.csv"], ["trade.zip/set/dyadic.csv"]),
        (["trade.zip/*dyadic*"], ["trade.zip/set/dyadic.csv"]),
        (["trade.zip/set/national.csv", "*.zip"], ["trade.zip/set/national.csv", "trade.zip/set/dyadic.csv"]),
    ],
)
def test_paths_name_files_and_members_of_archives(folder, paths, names):
    files = source_files(paths, folder)
    assert [file.name for file in files] == [str(folder / name) for name in names]
    assert {file.head() for file in files} == {b"x\n1\n"}


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("c.csv", "there is no such file"),
        ("*.tab", "*.tab: no file has such a name"),
        ("trade.zip/set/dyadc.csv", "no file has such a name; did you mean 'set/dyadic.csv'?"),
        ("a.csv/b.csv", "no file has such a name"),
    ],
)
def test_a_path_without_a_file_is_an_error(folder, path, message):
    with pytest.raises(SituationError) as caught:
        source_files([path], folder)
    assert message in str(caught.value)


def test_a_folder_is_an_error_that_names_its_files(folder):
    (folder / "days").mkdir()
    with pytest.raises(SituationError, match=r"is a folder; days/\* names its files"):
        source_files(["days/"], folder)


def test_a_damaged_archive_is_an_error_when_it_is_opened(folder):
    content = (folder / "trade.zip").read_bytes()
    (folder / "trade.zip").write_bytes(content[: len(content) // 2])
    (file,) = source_files(["trade.zip"], folder)
    with pytest.raises(SituationError, match="the zip archive is damaged, or cut off"):
        file.head()


@given(
    lines=st.lists(st.text("xy", max_size=20).map(str.encode), max_size=30),
    end=st.integers(0, 9),
    size=st.integers(1, 99),
)
def test_pieces_are_all_lines_with_their_numbers(tmp_path_factory, lines, end, size):
    text = b"".join(line + b"\n" for line in lines) + b"x" * end
    path = tmp_path_factory.getbasetemp() / "lines.txt"
    for content in (text, gzip.compress(text)):
        path.write_bytes(content)
        pieces = list(SourceFile(str(path)).pieces(size))
        texts = [piece.text for piece in pieces]
        assert b"".join(texts) == text
        assert all(part.endswith(b"\n") for part in texts[:-1])
        assert all(texts)
        numbers = accumulate((part.count(b"\n") for part in texts), initial=1)
        assert [piece.line for piece in pieces] == list(numbers)[:-1]
