"""Input files, output files and folders, and the format that an output's name gives, each by itself."""

import errno
import gzip
import hashlib
import io
import os
import stat
from pathlib import Path

import pytest
from batch_runs import names_in, packed

from riskmodel import SituationError
from riskmodel.batch.target import Target
from riskmodel.tables import output_files
from riskmodel.tables.input_file import InputFile, open_input
from riskmodel.tables.output_files import (
    AtomicReplace,
    OutputFolder,
    Outputs,
    check_distinct_paths,
    is_stdout,
    lock_part,
    output_error,
    same_file,
    sibling_path,
    unwritable,
)


class TestInputs:
    def test_plain_and_compressed(self, tmp_path):
        data = bytes(range(256)) * 40
        for kind, packed_data in (("", data), ("gz", packed(data, "gzip")), ("zst", packed(data, "zstd"))):
            (tmp_path / "in").write_bytes(packed_data)
            source = InputFile.open(tmp_path / "in")
            blocks = list(source.blocks(1_000))
            assert b"".join(blocks) == data
            assert {len(block) for block in blocks[:-1]} == {1_000}
            assert (source.kind, source.size, source.bytes_read) == (kind, len(packed_data), len(packed_data))
            assert source.name == str(tmp_path / "in")
            source.close()

    def test_all_members_of_a_gzip_file_are_read(self, tmp_path):
        (tmp_path / "in").write_bytes(gzip.compress(b"ab") + gzip.compress(b"cd"))
        with open_input(tmp_path / "in") as source:
            assert list(source.blocks(3)) == [b"abc", b"d"]

    def test_errors_name_the_file_and_it_is_closed(self, tmp_path):
        (tmp_path / "in").write_bytes(b"x")
        with pytest.raises(SituationError, match=f"^{tmp_path / 'in'}: wrong$"), open_input(tmp_path / "in") as source:
            raise SituationError("wrong")
        assert source._file.closed

    def test_a_pipe_can_be_read_by_those_who_jump_about(self):
        read, write = os.pipe()
        os.write(write, b"PAR1 and so on")
        os.close(write)
        source = InputFile(open(read, "rb"), "<stdin>", None)  # noqa: SIM115
        assert source.kind == "parquet"
        file = source.seekable()
        assert file.read() == b"PAR1 and so on"
        assert source.bytes_read == 14
        assert source.sha256() == hashlib.sha256(b"PAR1 and so on").hexdigest()
        source.close()
        assert file.closed

    def test_a_file_that_cannot_be_read(self, tmp_path, monkeypatch):
        class Unreadable(io.RawIOBase):
            def readable(self):
                return True

            def readinto(self, buffer):
                raise OSError(errno.EIO, os.strerror(errno.EIO))

        with pytest.raises(SituationError, match=f"^f: cannot be read: {os.strerror(errno.EIO)}$"):
            InputFile(Unreadable(), "f", None)

    def test_standard_input_stays_open(self, tmp_path, monkeypatch):
        (tmp_path / "in").write_bytes(b"x\n1\n")
        with (tmp_path / "in").open() as file:
            monkeypatch.setattr("sys.stdin", file)
            with open_input("-") as source:
                assert (source.name, list(source.blocks(9))) == ("<stdin>", [b"x\n1\n"])
            assert not file.buffer.closed

    def test_standard_input_that_is_closed(self, monkeypatch):
        monkeypatch.setattr("sys.stdin", None)
        with pytest.raises(SituationError, match=r"^<stdin>: is closed$"):
            InputFile.open("-")


class TestOutputs:
    def test_files_appear_when_all_are_complete(self, tmp_path):
        (tmp_path / "b").write_bytes(b"old")
        with Outputs() as files:
            first, second = files.open(tmp_path / "a"), files.open(tmp_path / "b")
            first.write(b"1")
            second.write(b"2")
            assert names_in(tmp_path) == [".a.riskmodel-part", ".b.riskmodel-part", "b"]
            files.publish()
        assert names_in(tmp_path) == ["a", "b"]
        assert ((tmp_path / "a").read_bytes(), (tmp_path / "b").read_bytes()) == (b"1", b"2")
        assert first.closed
        assert second.closed

    def test_files_that_are_not_published_leave_nothing(self, tmp_path):
        with Outputs() as files:
            file = files.open(tmp_path / "a")
            file.write(b"1")
        assert names_in(tmp_path) == []
        assert file.closed

    def test_a_run_that_is_still_writing_is_left_alone(self, tmp_path):
        with Outputs() as files:
            files.open(tmp_path / "a").write(b"1")
            with Outputs() as others, pytest.raises(SituationError) as caught:
                others.open(tmp_path / "a")
            assert str(caught.value) == f"{tmp_path / 'a'}: is being written by another run"
            files.publish()
        assert (tmp_path / "a").read_bytes() == b"1"

    def test_a_link_is_followed_and_stays(self, tmp_path):
        (tmp_path / "sub").mkdir()
        (tmp_path / "link").symlink_to(tmp_path / "sub" / "real")
        with Outputs() as files:
            files.open(tmp_path / "link").write(b"1")
            assert names_in(tmp_path / "sub") == [".real.riskmodel-part"]
            files.publish()
        assert (tmp_path / "link").is_symlink()
        assert (tmp_path / "sub" / "real").read_bytes() == b"1"

    def test_devices_and_pipes_are_written_to_directly(self):
        with Outputs() as files:
            file = files.open(os.devnull)
            file.write(b"1")
            files.publish()
            assert not file.closed
        assert file.closed
        assert stat.S_ISCHR(os.stat(os.devnull).st_mode)

    def test_a_write_protected_file_is_not_replaced(self, tmp_path, monkeypatch):
        (tmp_path / "a").write_bytes(b"old")
        monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
        with Outputs() as files, pytest.raises(SituationError) as caught:
            files.open(tmp_path / "a")
        assert str(caught.value) == f"{tmp_path / 'a'}: exists and is write-protected"
        assert names_in(tmp_path) == ["a"]

    def test_a_part_that_a_killed_run_left_is_emptied(self, tmp_path):
        (tmp_path / "part").write_bytes(b"half")
        with lock_part(tmp_path / "part", "out") as file:
            assert file.read() == b""
            file.write(b"x")
            file.seek(0)
            assert file.read() == b"x"

    @pytest.mark.parametrize(("link", "words"), [("symlink_to", "a symbolic"), ("hardlink_to", "a hard")])
    def test_a_part_that_is_a_link_is_refused(self, tmp_path, link, words):
        (tmp_path / "precious").write_bytes(b"precious")
        getattr(tmp_path / "part", link)(tmp_path / "precious")
        with pytest.raises(SituationError) as caught:
            lock_part(tmp_path / "part", "out")
        kind = "hard link" if "hard" in words else "symbolic link"
        assert str(caught.value) == (
            f"{tmp_path / 'part'}: is a {kind}, and has the name of a temporary file; remove it"
        )
        assert (tmp_path / "precious").read_bytes() == b"precious"

    def test_messages(self, tmp_path):
        assert str(output_error(Path("a"), "is wrong")) == "a: is wrong"
        full = OSError(errno.ENOSPC, "No space")
        assert str(unwritable(tmp_path / "a", full)) == f"{tmp_path / 'a'}: cannot be written: No space"
        assert str(unwritable("a", full, "; more")) == "a: cannot be written: No space; more"
        assert str(unwritable("a", OSError("strange"))) == "a: cannot be written: strange"
        assert str(unwritable("-", full)) == "<stdout>: cannot be written: No space"
        gone = FileNotFoundError(errno.ENOENT, "No such file")
        assert str(unwritable(tmp_path / "no" / "a", gone)) == (
            f"{tmp_path / 'no' / 'a'}: there is no folder {str(tmp_path / 'no')!r}"
        )
        assert str(unwritable(tmp_path / "a", gone)) == f"{tmp_path / 'a'}: cannot be written: No such file"

    def test_one_file_under_two_names(self, tmp_path):
        for name in ("a", "b"):
            (tmp_path / name).write_bytes(b"")
        (tmp_path / "link").symlink_to(tmp_path / "a")
        (tmp_path / "hard").hardlink_to(tmp_path / "a")
        for name, same in (("a", True), ("link", True), ("hard", True), ("b", False), ("new", False), ("../x", False)):
            assert same_file(tmp_path / "a", tmp_path / name) is same
        assert same_file(tmp_path / "new", tmp_path / "sub" / ".." / "new")
        assert not same_file(tmp_path / "new", tmp_path / "newer")
        assert not same_file("-", "-")
        assert not same_file("a", "-")
        assert not same_file(os.devnull, os.devnull)

    def test_a_file_that_standard_output_is_redirected_to(self, tmp_path, monkeypatch):
        with (tmp_path / "a").open("w") as file:
            monkeypatch.setattr("sys.stdout", file)
            assert is_stdout(str(tmp_path / "a"))
            assert not is_stdout(str(tmp_path / "b"))
            assert not is_stdout(os.devnull)
        for nothing in (None, io.StringIO()):
            monkeypatch.setattr("sys.stdout", nothing)
            assert not is_stdout(str(tmp_path / "a"))

    def test_targets_that_cannot_be_restored_are_named(self, tmp_path, monkeypatch):
        for name in ("a", "b"):
            (tmp_path / name).write_bytes(b"old")

        def refuse(*_):
            raise PermissionError(errno.EPERM, "in use")

        replace = os.replace
        with Outputs() as files:
            for name in ("a", "b", "c"):
                files.open(tmp_path / name).write(b"new")
            monkeypatch.setattr(os, "link", refuse)
            monkeypatch.setattr(os, "replace", lambda old, new: (refuse if new.name == "c" else replace)(old, new))
            with pytest.raises(SituationError) as caught:
                files.publish()
        assert str(caught.value) == (
            f"{tmp_path / 'c'}: cannot be written: in use; "
            f"could not be restored, and is already from this run: {tmp_path / 'b'}, {tmp_path / 'a'}"
        )
        assert names_in(tmp_path) == ["a", "b"]

    def test_an_error_names_the_part_that_cannot_be_flushed(self, tmp_path):
        class Full(io.BytesIO):
            def flush(self):
                raise OSError(errno.ENOSPC, "No space")

        with Outputs() as files:
            files._parts.append((tmp_path / "part", tmp_path / "out", Full()))
            with pytest.raises(SituationError) as caught:
                files.publish()
            files._parts.clear()
        assert str(caught.value) == f"{tmp_path / 'out'}: cannot be written: No space"

    def test_an_error_names_the_file_that_cannot_be_flushed(self, tmp_path):
        class Full(io.BytesIO):
            name = "full"

            def flush(self):
                raise OSError(errno.ENOSPC, "No space")

        with Outputs() as files:
            files._direct.append(Full())
            with pytest.raises(SituationError, match=r"^full: cannot be written: No space$"):
                files.publish()
            files._direct.clear()


class TestRenames:
    def test_undo_restores_the_targets(self, tmp_path):
        for name in ("old", "part", "other"):
            (tmp_path / name).write_bytes(name.encode())
        renames = AtomicReplace()
        renames.rename(tmp_path / "part", tmp_path / "old")
        renames.rename(tmp_path / "other", tmp_path / "new")
        assert names_in(tmp_path) == [".old.riskmodel-old", "new", "old"]
        assert (tmp_path / "old").read_bytes() == b"part"
        assert renames.undo() == []
        assert names_in(tmp_path) == ["old"]
        assert (tmp_path / "old").read_bytes() == b"old"

    def test_backups_are_removed_at_the_end(self, tmp_path):
        for name in ("old", "part"):
            (tmp_path / name).write_bytes(name.encode())
        renames = AtomicReplace()
        renames.rename(tmp_path / "part", tmp_path / "old")
        renames.remove_backups()
        assert names_in(tmp_path) == ["old"]

    def test_a_failed_rename_leaves_no_backup(self, tmp_path):
        (tmp_path / "old").write_bytes(b"old")
        with pytest.raises(OSError, match="part"):
            AtomicReplace().rename(tmp_path / "part", tmp_path / "old")
        assert names_in(tmp_path) == ["old"]

    def test_names_beside(self):
        assert sibling_path(Path("a/b.csv"), "part") == Path("a/.b.csv.riskmodel-part")


class TestTargets:
    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("a.csv", (False, "csv", "", ",", ".csv")),
            ("A.CSV", (False, "csv", "", ",", ".csv")),
            ("a.tsv", (False, "csv", "", "\t", ".tsv")),
            ("a.b.txt.gz", (False, "csv", "gz", ",", ".txt.gz")),
            ("a.tsv.zst", (False, "csv", "zst", "\t", ".tsv.zst")),
            ("a.parquet", (False, "parquet", "", ",", ".parquet")),
            ("a.pq", (False, "parquet", "", ",", ".pq")),
            ("a.arrow", (False, "arrow", "", ",", ".arrow")),
            ("a.feather", (False, "arrow", "", ",", ".feather")),
            ("a.xlsx", (False, "xlsx", "", ",", ".xlsx")),
            ("a.ods", (False, "ods", "", ",", ".ods")),
            ("-", (True, "csv", "", ",", "")),
            (os.devnull, (True, "csv", "", ",", "")),
        ],
    )
    def test_the_name_gives_the_format(self, name, expected):
        assert Target.parse(name) == (name, *expected, None)

    def test_files_that_lie_apart(self, tmp_path):
        check_distinct_paths(
            {"input": str(tmp_path / "a"), "model": None, "output": str(tmp_path / "b"), "rejects": "-"}
        )
        check_distinct_paths({"input": "-", "output": "-"})
        check_distinct_paths({"input": str(tmp_path / ".c.riskmodel-part"), "model": str(tmp_path / "c")})
        for what in ("part", "old"):
            with pytest.raises(SituationError) as caught:
                check_distinct_paths({"input": str(tmp_path / f".c.riskmodel-{what}"), "manifest": str(tmp_path / "c")})
            path = tmp_path / f".c.riskmodel-{what}"
            assert str(caught.value) == (
                f"{path}: is the input and the temporary file of the manifest at once; name another"
            )


class TestFolder:
    def fill(self, folder, name="x"):
        Path(folder.filled, name).write_bytes(name.encode())

    def test_a_folder_appears_when_it_is_complete(self, tmp_path):
        with OutputFolder(str(tmp_path / "out")) as folder:
            assert folder.filled == str(tmp_path / ".out.riskmodel-parts")
            assert folder.url == f"file://{folder.filled}"
            self.fill(folder)
            assert names_in(tmp_path) == [".out.riskmodel-part", ".out.riskmodel-parts"]
            folder.publish()
        assert names_in(tmp_path) == ["out"]
        assert names_in(tmp_path / "out") == ["x"]

    def test_an_existing_folder_is_replaced(self, tmp_path):
        for name in ("out", ".out.riskmodel-old", ".out.riskmodel-parts"):
            (tmp_path / name).mkdir()
            (tmp_path / name / "was").write_bytes(b"")
        with OutputFolder(str(tmp_path / "out")) as folder:
            assert names_in(Path(folder.filled)) == []
            self.fill(folder)
            folder.publish()
        assert names_in(tmp_path) == ["out"]
        assert names_in(tmp_path / "out") == ["x"]

    def test_an_existing_folder_stays_without_publication(self, tmp_path):
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "was").write_bytes(b"")
        with OutputFolder(str(tmp_path / "out")) as folder:
            self.fill(folder)
        assert names_in(tmp_path) == ["out"]
        assert names_in(tmp_path / "out") == ["was"]

    def test_a_run_that_was_killed_between_two_names_is_mended(self, tmp_path):
        (tmp_path / ".out.riskmodel-old").mkdir()
        (tmp_path / ".out.riskmodel-old" / "was").write_bytes(b"")
        with OutputFolder(str(tmp_path / "out")):
            assert names_in(tmp_path / "out") == ["was"]
        assert names_in(tmp_path) == ["out"]

    def test_a_run_that_is_still_going_is_left_alone(self, tmp_path):
        url = str(tmp_path / "out")
        with OutputFolder(url) as folder:
            self.fill(folder)
            with pytest.raises(SituationError) as caught, OutputFolder(url):
                pass
            assert str(caught.value) == f"{url}: is being written by another run"
            folder.publish()
        assert names_in(tmp_path / "out") == ["x"]

    def test_a_file_with_the_temporary_name_is_an_error(self, tmp_path):
        (tmp_path / "file").write_bytes(b"")
        with pytest.raises(SituationError) as caught, OutputFolder(str(tmp_path / "file")):
            pass
        assert str(caught.value) == f"{tmp_path / 'file'}: is a file; with --engine dask the output is a folder"
        (tmp_path / "elsewhere").mkdir()
        (tmp_path / ".out.riskmodel-parts").symlink_to(tmp_path / "elsewhere")
        with pytest.raises(SituationError) as caught, OutputFolder(str(tmp_path / "out")):
            pass
        assert str(caught.value) == (
            f"{tmp_path / '.out.riskmodel-parts'}: is in the way, with the name of a temporary folder; remove it"
        )
        assert names_in(tmp_path) == [".out.riskmodel-parts", "elsewhere", "file"]
        with pytest.raises(SituationError) as caught, OutputFolder(str(tmp_path / "no" / "out")):
            pass
        assert str(caught.value) == f"{tmp_path / 'no' / 'out'}: there is no folder {str(tmp_path / 'no')!r}"
        with pytest.raises(SituationError, match=r"^strange://a: cannot be written: "):
            OutputFolder("strange://a")

    def test_paths_inside_and_around_the_folder(self, tmp_path):
        with OutputFolder(str(tmp_path / "a" / ".." / "out")) as folder:
            fs = folder.fs
            for name, is_inside in (
                ("out/x", True),
                ("out", True),
                (".out.riskmodel-part", True),
                (".out.riskmodel-parts/x", True),
                (".out.riskmodel-old", True),
                ("outer", False),
                ("x", False),
            ):
                assert folder.holds(fs, str(tmp_path / name)) is is_inside
            assert folder.lies_in(fs, f"file://{tmp_path}")
            assert folder.lies_in(fs, str(tmp_path / "out"))
            assert not folder.lies_in(fs, str(tmp_path / "other"))

    def test_on_another_file_system_the_name_must_be_free(self):
        with OutputFolder("memory://mutants/out") as folder:
            assert (folder.filled, folder.url) == ("/mutants/out", "memory:///mutants/out")
            folder.fs.pipe_file(f"{folder.filled}/x", b"1")
            folder.publish()
            assert not folder.holds(folder.fs, "/mutants/out/x")
            assert not folder.lies_in(folder.fs, "memory://mutants")
        assert folder.fs.exists("/mutants/out/x")
        with pytest.raises(SituationError) as caught, OutputFolder("memory://mutants/out"):
            pass
        assert str(caught.value) == ("memory://mutants/out: exists, and cannot be replaced on this file system")
        with OutputFolder("memory://mutants/other") as other:
            other.fs.pipe_file(f"{other.filled}/x", b"1")
        assert not other.fs.exists("/mutants/other")

    def test_a_failed_rename_restores_the_folder(self, tmp_path, monkeypatch):
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "was").write_bytes(b"")
        replace = os.replace

        def refuse(old, new):
            if str(old).endswith("-parts"):
                raise PermissionError(errno.EPERM, "in use")
            replace(old, new)

        with OutputFolder(str(tmp_path / "out")) as folder:
            monkeypatch.setattr(os, "replace", refuse)
            with pytest.raises(SituationError) as caught:
                folder.publish()
        assert str(caught.value) == f"{tmp_path / 'out'}: cannot be written: in use"
        assert names_in(tmp_path / "out") == ["was"]
        with OutputFolder(str(tmp_path / "out")) as folder:
            seen = []

            def refuse_all_but_the_first(old, new):
                seen.append(old)
                if len(seen) > 1:
                    raise PermissionError(errno.EPERM, "in use")
                replace(old, new)

            monkeypatch.setattr(os, "replace", refuse_all_but_the_first)
            with pytest.raises(SituationError) as caught:
                folder.publish()
        old = tmp_path / ".out.riskmodel-old"
        assert str(caught.value) == (f"{tmp_path / 'out'}: cannot be written: in use; the former folder is now {old}")
        assert names_in(old) == ["was"]


def test_without_locks_parts_are_closed_before_they_are_renamed(tmp_path, monkeypatch):
    monkeypatch.setattr(output_files, "_lock", None)
    with Outputs() as files:
        file = files.open(tmp_path / "a")
        file.write(b"1")
        files.publish()
        assert file.closed
    assert (tmp_path / "a").read_bytes() == b"1"
    with Outputs() as files:
        left = files.open(tmp_path / "b")
    assert left.closed
    assert names_in(tmp_path) == ["a"]
