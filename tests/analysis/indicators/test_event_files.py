"""Files of events read together: in order, bad ones stopped at or skipped as a whole, each event once."""

from functools import partialmethod

import numpy as np
import pytest
from gdelt_files import STATE_ROLES, row, text

from riskmodel.analysis.indicators import event_files
from riskmodel.analysis.indicators.counts import ActCounter, Axis, Wanted
from riskmodel.analysis.indicators.event_files import OTHER_PAIRS, OTHER_TIMES, EventFile, read_events, read_file
from riskmodel.errors import SituationError
from riskmodel.schema.recipe import SourceSpec
from riskmodel.sources import countries
from riskmodel.sources.files import SourceFile

N_STATES = len(countries.STATES)
AXIS = Axis((2018 - 1970) * 12, 12)


def wanted(*pairs):
    between = np.zeros((N_STATES + 1, N_STATES + 1), bool)
    for pair in pairs:
        a, b = countries.pair(pair)
        between[a, b] = between[b, a] = True
    return Wanted(AXIS, between, frozenset(), np.zeros(N_STATES + 1, bool))


def listed(*paths):
    spec = SourceSpec(kind="gdelt", path=tuple(map(str, paths)))
    return [
        EventFile(number, "events", "gdelt", SourceFile(str(path)), spec, STATE_ROLES)
        for number, path in enumerate(paths)
    ]


def counted(files, *, skip_bad_files=False):
    counter, order = ActCounter(AXIS, N_STATES), []
    tallies = read_events(
        files, wanted("USA-RUS"), {"gdelt": counter}, skip_bad_files=skip_bad_files, on_file=order.append
    )
    assert order == [file.number for file in files]
    return counter, tallies


def good(write, name, first, count=3, **cells):
    return write(name, text(*(row(58, key=first + number, **cells) for number in range(count))))


def test_events_of_several_files_add_up(write):
    files = listed(good(write, "20180301.export.CSV", 1), good(write, "20180302.export.CSV", 11, source="CHN"))
    counter, tallies = counted(files)
    assert int(counter.entries().rows.sum()) == 3
    assert [tally.tally.rows for tally in tallies] == [3, 3]
    assert tallies[1].tally.dropped == {OTHER_PAIRS: 3}


def test_events_of_other_times_are_counted_and_dropped(write):
    _, tallies = counted(listed(good(write, "20180301.export.CSV", 1, day="20170301")))
    assert tallies[0].tally.dropped == {OTHER_TIMES: 3}
    assert tallies[0].tally.kept == 0


def test_the_same_events_in_two_streams_count_once(write):
    first = write("20180301.export.CSV", text(row(58, key=5), row(58, key=6)))
    second = write("20180301103000.export.CSV", text(row(61, key=6), row(61, key=7)))
    counter, _ = counted(listed(first, second))
    assert (counter.again, int(counter.entries().rows.sum())) == (1, 3)


def bad_files(write):
    rows = [row(58, key=100), row(58, key=101), row(61, key=102)]
    return [
        good(write, "20180301.export.CSV", 1),
        write("20180302.export.CSV", text(*rows)),
        good(write, "20180303.export.CSV", 11),
    ]


def test_a_bad_file_stops_the_run_with_its_line(write):
    with pytest.raises(SituationError, match=r"20180302.export.CSV:3: "):
        counted(listed(*bad_files(write)))


def test_nothing_of_a_skipped_file_is_counted(write, monkeypatch):
    monkeypatch.setattr(SourceFile, "pieces", partialmethod(SourceFile.pieces, size=200))
    counter, tallies = counted(listed(*bad_files(write)), skip_bad_files=True)
    assert int(counter.entries().rows.sum()) == 6
    assert [tally.tally.rows for tally in tallies] == [3, 0, 3]
    assert "20180302" in str(tallies[1].error)


def test_a_file_that_is_cut_off_is_one_error(write, tmp_path):
    import gzip

    content = gzip.compress(text(*(row(58, key=number) for number in range(2000))).encode())
    path = tmp_path / "20180301.export.CSV.gz"
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(SituationError, match="cut off"):
        counted(listed(path))
    counter, tallies = counted(listed(path, good(write, "20180302.export.CSV", 1)), skip_bad_files=True)
    assert int(counter.entries().rows.sum()) == 3
    assert tallies[0].error is not None


def test_the_parts_of_a_file_are_the_same_in_one_thread_and_in_several(write):
    files = listed(*(good(write, f"201803{day:02d}.export.CSV", 100 * day, 40) for day in range(1, 9)))
    counter, tallies = counted(files)
    alone = ActCounter(AXIS, N_STATES)
    parts = (part for file in files for part in read_file(file, wanted("USA-RUS")))
    others = event_files.collect(parts, files, {"gdelt": alone}, skip_bad_files=False, on_file=lambda number: None)
    assert [tally.tally for tally in others] == [tally.tally for tally in tallies]
    for ours, theirs in zip(counter.entries(), alone.entries(), strict=True):
        assert np.array_equal(ours, theirs)


@pytest.mark.slow
def test_a_cluster_counts_the_same(write):
    from riskmodel.analysis.indicators.cluster import dask_reader

    rows = [(3 * day, f"201803{day:02d}") for day in range(1, 29)]
    files = listed(*(good(write, f"{day}.export.CSV", first, 5, day=day) for first, day in rows))
    counter, tallies = counted(files)
    other = ActCounter(AXIS, N_STATES)
    on_cluster = dask_reader(None)(
        files, wanted("USA-RUS"), {"gdelt": other}, skip_bad_files=False, on_file=lambda number: None
    )
    assert [tally.tally for tally in on_cluster] == [tally.tally for tally in tallies]
    assert counter.again == other.again == 2 * 27
    for ours, theirs in zip(counter.entries(), other.entries(), strict=True):
        assert np.array_equal(ours, theirs)


@pytest.mark.slow
def test_an_error_on_a_cluster_names_file_and_line(write):
    from riskmodel.analysis.indicators.cluster import dask_reader

    read = dask_reader(None)
    with pytest.raises(SituationError, match=r"20180302.export.CSV:3: "):
        read(
            listed(*bad_files(write)),
            wanted("USA-RUS"),
            {"gdelt": ActCounter(AXIS, N_STATES)},
            skip_bad_files=False,
            on_file=lambda number: None,
        )
