"""Files with every kind of damage, cut into blocks of every size, against a plain reading of the contract."""

import random
import re

import pytest
from batch_oracle import BOM, Open, Oracle, check
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import riskmodel
from riskmodel.tables.csv.reader import CsvReader
from riskmodel.tables.input_file import InputFile
from riskmodel.tables.options import TableOptions

MOODS = {
    "format": 1,
    "id": "moods",
    "indicators": {
        "mood": {"scale": {"levels": {"calm": 0, "tense": 0.6, "in crisis": 1, "3": 0.3, "-none-": 0.1}}},
        "x": {"scale": {"goalposts": [0, 10]}, "valid": [0, 10]},
        "y": {"scale": {"points": [[-5, 0], [0, 0.2], [5, 1]]}},
    },
    "scores": {
        "s": {"weights": {"mood": 1, "x": 3, "y": -2}, "bands": {"low": 0, "high": 50}, "min_coverage": 0.6},
        "u": {"weights": {"y": 1, "mood": 0.3}, "decimals": 3, "mean": "geometric"},
        "t": {"weights": {"x": 1, "u": 2}, "decimals": 0, "out_of": 7, "min_coverage": 0},
    },
    "rules": {"r": {"when": "x > 7 and mood is tense", "then": {"s": {"add": 5}, "t": {"at_most": 3}}}},
}
BLOCKS = (None, 64, 1000)
GOOD = [b"7", b"0", b"10", b"-0.5", b" 3", b"3  ", b"+5", b"1e0", b"5E-1", b"007", b"2.50", b'"4"', b'" 4 "', b"-0"]
MISSING = [b"", b"NA", b"NaN", b"nan", b"null", b" ", b'""', b'"NA"']
BAD = [
    *[
        b"inf",
        b"-inf",
        b"Infinity",
        b"NAN",
        b"Nan",
        b"NULL",
        b"None",
        b"n/a",
        b"0x10",
        b"1_000",
        b"1e400",
        b"--5",
        b"5-",
    ],
    *[
        b"abc",
        b"1 000",
        b"- 5",
        b"1.2.3",
        b"e5",
        b"1e",
        b".",
        b"+",
        b"true",
        b"1" + b"0" * 400,
        b"7%",
        b"'7",
        b"=5",
        b"1d3",
    ],
    *[
        "٣".encode(),
        "７".encode(),
        "−5".encode(),
        b"7 7",
        b"nan(1)",
        b'"7""7"',
        b'"a\nb"',
    ],
    *[b"\xff", b"7\x00", b"0b1", b"1e5", b"11", b"-1e300"],
]
LABELS = [
    b"calm",
    b"tense",
    b"in crisis",
    b'"tense"',
    b"3",
    b"-none-",
    *MISSING,
    b"Calm",
    b"tens",
    b"4",
    b"calm!",
    b"=calm",
]
TEXTS = [
    *[
        b"",
        b'""',
        b"x",
        b"007",
        b"2024-01-31",
        b"12345678901234567890",
        b"1.10",
        "größe".encode(),
        b"\xff\xfe\x80",
        b"NA",
    ],
    *[
        b'"a,b;c|d\te"',
        b'"two\nlines"',
        b'"and\r\nfour\n\nlines"',
        b'"she said ""no"""',
        b'""""',
        b'"\r"',
        b'"x\ry"',
        b" ",
        b"'",
    ],
    *[
        b"=1+1",
        b"+cmd",
        b"-cmd",
        b"@sum",
        b'"=1+1"',
        b'"=""x"""',
        b"-5",
        b"+5",
        b"-5.0e3",
        b"-",
        b"=",
        b"@",
        b"+",
        b"--",
        b"-5%",
    ],
    *[b'"\tx"', b'"\rx"', b'"\t"', b"'=1", b" =1", b"-1_0", b'"-7"', b'"-"', b"=\xff", b"-a b"],
    *[b"=1", b"@.5", b"+7", b"-1+1", b"-.5e-3", b"=1+1"],
]
BREAKS = [
    *[lambda row: b'"' + row, lambda row: row + b'"', lambda row: row + b'"open', lambda row: b'"closed"open' + row],
    *[lambda row: row[: len(row) // 2] + b'"' + row[len(row) // 2 :], lambda row: row.replace(b'"', b"", 1)],
    *[
        lambda row: row[: len(row) // 3] + b"\0" + row[len(row) // 3 :],
        lambda row: row[: len(row) // 2] + b"\r" + row[len(row) // 2 :],
    ],
    *[lambda row: row[: len(row) // 2], lambda row: row + row, lambda row: row.replace(b'"', b'""'), lambda row: b"x"],
]


def run(folder, data, model, block=None, **options):
    """Score a file with blocks of that many bytes; give the result, the output and the rejects."""
    (folder / "in.csv").write_bytes(data)
    with pytest.MonkeyPatch.context() as patch:
        if block:
            patch.setattr("riskmodel.tables.csv.reader.BLOCK", block)
        done = riskmodel.score_file(folder / "in.csv", folder / "out.csv", model, **options)
    return done, (folder / "out.csv").read_bytes(), (folder / "out.csv.rejects.csv").read_bytes()


def hold(folder, data, oracle, blocks=BLOCKS, **options):
    """Let a file be scored with blocks of several sizes, and hold each run against the oracle."""
    expected = oracle.read(data)
    written = set()
    for block in blocks:
        done, output, rejects = run(folder, data, oracle.model, block, **options)
        check(expected, output, rejects)
        assert done.rows_in == done.rows_out + done.rows_rejected
        assert (done.rows_out, done.rows_rejected) == (len(expected.rows), len(expected.rejected))
        assert (done.blank_lines, done.formulas) == (expected.blank_lines, expected.formulas)
        for name, bands in expected.bands.items():
            counts = {band: count for band, count in done.bands[name].items() if count}
            words = bands if oracle.model.spec.scores[name].bands else {"insufficient data"}
            assert {band: counts[band] for band in words if band in counts} == {
                band: bands[band] for band in words if band in bands
            }
        written.add((output, rejects))
    assert len(written) == 1


def damaged(rng, indicators, rows=40):
    """Draw a file: mostly good rows, some with bad cells, some broken as a whole."""
    delimiter = rng.choice((b",", b",", b",", b";", b"\t", b"|"))
    names = rng.sample([*indicators, "id", "note", "free"], len(indicators) + 3)
    ends = rng.choice(([b"\n"], [b"\r\n"], [b"\n", b"\r\n"]))
    trouble = rng.choice((0, 0.1, 0.5))
    quoted = rng.random() < 0.2
    lines = [delimiter.join(b'"%s"' % name.encode() if quoted else name.encode() for name in names)]
    for number in range(rng.choice((0, 1, 5, rows, rows))):
        cells = [cell(rng, name, number, trouble) for name in names]
        row = delimiter.join(cells)
        if rng.random() < trouble / 2:
            row = rng.choice(BREAKS)(row)
        lines.append(b"" if rng.random() < trouble / 5 else row)
    data = b"".join(line + rng.choice(ends) for line in lines)
    if rng.random() < 0.3:
        data = lines[0] + b"\n" + re.sub(rb'"[^"]*"|"', b"q", data[len(lines[0]) :].lstrip(b"\r\n"))
    if rng.random() < 0.2:
        data += rng.choice((b'"', b'1,"open\nand on\n', b"\n\n", b"\r\n\n"))
    if rng.random() < 0.3:
        data = data.rstrip(b"\r\n")
    return BOM + data if rng.random() < 0.2 else data


def cell(rng, name, number, trouble):
    """Draw a cell of a column."""
    if name == "id":
        return rng.choice((b"r%d", b'"r%d"', b"%d", b'"r, %d"')) % number
    if name in ("note", "free"):
        return rng.choice(TEXTS)
    if name == "mood":
        return rng.choice(LABELS if rng.random() < trouble else LABELS[:8])
    if rng.random() < trouble / 3:
        return rng.choice(BAD)
    return rng.choice(MISSING if rng.random() < 0.1 else GOOD[:4] if rng.random() < 0.8 else GOOD)


def drawn(rng, oracle, indicators, rows=40):
    """Draw files until the contract says all about one."""
    while True:
        data = damaged(rng, indicators, rows)
        try:
            oracle.read(data)
        except Open:
            continue
        return data


@pytest.fixture(scope="module")
def moods():
    return Oracle(riskmodel.load_model(MOODS))


@pytest.fixture(scope="module")
def tension(default_model):
    return Oracle(default_model)


@pytest.mark.parametrize("seed", range(12))
def test_damaged_files_of_labels_and_numbers(moods, tmp_path, seed):
    rng = random.Random(seed)
    for _ in range(2):
        hold(tmp_path, drawn(rng, moods, ["mood", "x", "y"]), moods)


@pytest.mark.parametrize("seed", range(6))
def test_damaged_files_of_the_default_model(tension, tmp_path, seed):
    rng = random.Random(1000 + seed)
    indicators = ["military_activity", "communication_frequency", "espionage", "trade_disruption"]
    hold(tmp_path, drawn(rng, tension, indicators), tension)


@pytest.mark.slow
def test_a_longer_file_with_blocks_of_any_size(moods, tmp_path):
    rng = random.Random(5)
    data = max((drawn(rng, moods, ["mood", "x", "y"], rows=3000) for _ in range(4)), key=len)
    hold(tmp_path, data, moods, blocks=(None, 997, 30_011))


SOUP = st.lists(
    st.sampled_from([*b'",\n\r\0 1=x', *[b"1,2\n", b'"a"', b'""', b"r,7,t\n", b'"\n', b'",', b"\r\n"]]), max_size=60
).map(lambda parts: b"".join(bytes([part]) if isinstance(part, int) else part for part in parts))


@settings(max_examples=70, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(body=SOUP, head=st.sampled_from([b"id,x,note\n", b"x,id\r\n", b'note,"x"\n', b"x\n"]))
@pytest.mark.slow
def test_a_soup_of_bytes(moods, tmp_path_factory, body, head):
    try:
        moods.read(head + body)
    except Open:
        assume(False)
    folder = tmp_path_factory.getbasetemp()
    hold(folder, head + body, moods, blocks=(None, 16, 64))


def kept(cells, plain):
    """Return all cells, or only those that are easy to read."""
    return [cell for cell in cells if not plain or (cell.isascii() and not re.search(rb'["\0\r]', cell))]


@pytest.mark.parametrize("plain", [True, False])
def test_every_number(moods, tmp_path, plain):
    cells = kept([*GOOD, *MISSING, *BAD], plain)
    data = b"id,x,y,note\n" + b"".join(b"a,5,%s,t\nb,%s,1,t\n" % (cell, cell) for cell in cells)
    hold(tmp_path, data, moods, blocks=(None, 64))


@pytest.mark.parametrize("plain", [True, False])
@pytest.mark.parametrize("names", [b"id,x,note", b"note,x,id"])
def test_every_text(moods, tmp_path, plain, names):
    row = b"%s,5,a\nb,6,x\n" if names.startswith(b"note") else b"a,5,%s\nb,6,x\n"
    data = names + b"\n" + b"".join(row % cell for cell in kept(TEXTS, plain) if cell)
    hold(tmp_path, data, moods, blocks=(None, 64))
    keep = Oracle(moods.model, keep_formulas=True)
    hold(tmp_path, data, keep, blocks=(None,), formulas="keep")


SMALL = [
    b'"x";"y"\n1;2\n',
    b'"id"\t"x"\r\na\t2\r\n',
    b"x|y|note\n1|2|\xff\n",
    b"x,id,note\n1,\xff\n2,b,c\n",
    b"x,id,note\n1,a,b\n\xff\n",
    b"x,id\r\n1,2\n",
    b"x,id\n1,2\r\n",
    b'x,id\r\n"1,2\n,',
    b"x,id,note\n1,a\r\r\n2,d,e\n",
    b'x,id,note\n1,"a\nb",c\rc\n2,d,e\n',
    b'x,id,note\n1,"a\nb",c\r\r\n2,d,e\n',
    b'x,id,note\n1,"a\nb",c\0\n2,d,e\n',
    b'x,id,note\n1,"a\nb",c,d\n2,d,e\n',
    b'x,id,note\n\r1,"a\nb",c\n2,d,e\n',
    b'x\tid\n1\t"\tb"\n2\t"\t"\n',
    b'x,mood\n1,"1,5"\n2,calm\n',
    b"id,x\n\n\r\n\n",
    b"id,x,note\na,6,=1\nb,5,z\n",
    b"id,x,note\na,6,@1\nb,5,=z\n",
]


@pytest.mark.parametrize("data", SMALL)
def test_small_files(moods, tmp_path, data):
    hold(tmp_path, data, moods, blocks=(None, 16))


@pytest.mark.parametrize("indicators", [["x"], ["x", "y"], ["mood", "x", "y"]])
def test_rows_of_one_stray_quote_each(moods, tmp_path, indicators):
    head = b",".join(name.encode() for name in [*indicators, "note"])
    values = b",".join(b"calm" if name == "mood" else b"5" for name in indicators)
    rows = [b'%s,"open\n', b'%s,clo"sed\n', b'%s,"a"b\n', b'"%s,x\n', b'%s",x\n', b"%s,fine\n"]
    for seed in range(5):
        picked = random.Random(seed).choices(rows, k=12)
        hold(tmp_path, head + b"\n" + b"".join(row % values for row in picked), moods, blocks=(None, 16))


def test_a_quote_that_never_closes_costs_one_row_however_long_the_file(moods, tmp_path):
    data = b'id,x,note\na,1,"open\n' + b"b,2,%s\n" % (b"fine" * 50) * 90_000
    done, output, rejects = run(tmp_path, data, moods.model)
    assert (done.rows_in, done.rows_rejected) == (90_001, 1)
    assert rejects.splitlines()[1].startswith(b"2,")
    assert output.count(b"\n") == 90_001


def test_a_row_may_be_sixteen_mebibytes_long(moods, tmp_path):
    long = b"y" * (15 << 20)
    data = b'id,x,note\na,1,%s\nb,2,"%s"\nd,4,z\n' % (long, long)
    done, output, _ = run(tmp_path, data, moods.model)
    assert (done.rows_in, done.rows_out) == (3, 3)
    assert [line[:4] for line in output.splitlines()[1:]] == [b"a,1,", b"b,2,", b"d,4,"]


@pytest.mark.parametrize("ends", [b"\n", b"\r\n"])
@pytest.mark.parametrize(
    ("row", "just", "over"),
    [
        (lambda size: b"1," + b"y" * (size - 2), 4, "refused"),
        (lambda size: b'1,"' + b"y" * (size - 4) + b'"', 4, "refused"),
        (lambda size: b'1,"' + b"y" * (size - 3), 3, "refused"),
        (lambda size: b'1,"' + (b"y" * 9 + b"\n") * 30 + b'"', 3, 3),
        (lambda size: b'1,"' + (b"y" * 9 + b"\n") * 16 + b"y" * (size - 164) + b'"', 4, 3),
    ],
    ids=["plain", "quoted", "open", "far too many lines", "lines"],
)
def test_the_maximum_row_length_does_not_depend_on_its_position(moods, tmp_path, monkeypatch, row, just, over, ends):
    monkeypatch.setattr("riskmodel.tables.csv.records.MAX_RECORD_BYTES", 200)

    monkeypatch.setattr("riskmodel.tables.csv.reader.BLOCK", 64)

    def scored(data):
        return run(tmp_path, data, moods.model)[0].rows_out

    def usable(data):  # The same as far as it is read, at a tenth of the cost.
        (tmp_path / "in.csv").write_bytes(data)
        source = InputFile.open(tmp_path / "in.csv")
        try:
            reader = CsvReader(source, moods.model.spec, TableOptions(), as_text=True)
            pieces = [reader.read(piece) for piece in reader.pieces()]
            return sum(piece.count for piece in pieces)
        finally:
            source.close()

    def outcome(count, size, before):
        data = ends.join([b"x,note", b"2," + b"z" * before, row(size), b"4,z", b"5,z", b""])
        try:
            return count(data)
        except riskmodel.SituationError as error:
            return "refused" if "has a line of more than" in str(error) else str(error)

    for size, expected in ((200, just), (201, over), (270, over)):
        assert {outcome(usable, size, before) for before in range(0, 130, 5)} == {expected}
        assert outcome(scored, size, 65) == expected


@pytest.mark.parametrize("seed", range(3))
def test_a_piece_has_only_so_many_rows(moods, tmp_path, monkeypatch, seed):
    monkeypatch.setattr("riskmodel.tables.csv.reader.MAX_RECORDS", 7)
    rng = random.Random(2000 + seed)
    hold(tmp_path, drawn(rng, moods, ["mood", "x", "y"], rows=200), moods, blocks=(None, 1000))
    hold(tmp_path, b"x\n" + b"7\n\n" * 10, moods, blocks=(None,))


def test_very_short_rows_come_in_pieces_that_fit_the_memory(moods, tmp_path):
    (tmp_path / "in.csv").write_bytes(b"x\n" + b"7\n" * 1_500_000)
    source = InputFile.open(tmp_path / "in.csv")
    counts = [len(piece.records.edges) - 1 for piece in CsvReader(source, moods.model.spec, TableOptions()).pieces()]
    source.close()
    assert max(counts) <= 200_000
    # What follows the last line end is a record too, though an empty one.
    assert sum(counts) == 1_500_001


def test_numbers_are_read_to_the_last_bit(moods, tmp_path):
    pyarrow = pytest.importorskip("pyarrow.parquet")
    rng = random.Random(3)
    numbers = [rng.uniform(-1, 1) * 10.0 ** rng.randint(-300, 300) for _ in range(3000)]
    texts = [repr(number) for number in numbers] + [
        "9007199254740993",
        "1e23",
        "2.2250738585072011e-308",
        "5e-324",
        "0.1",
    ]
    texts += ["1.00000000000000011102230246251565404236316680908203124", "123456789012345678901234567890"]
    (tmp_path / "in.csv").write_text("y\n" + "\n".join(texts) + "\n")
    riskmodel.score_file(tmp_path / "in.csv", tmp_path / "out.parquet", moods.model)
    assert pyarrow.read_table(tmp_path / "out.parquet")["y"].to_pylist() == [float(text) for text in texts]


def test_decimal_commas(moods, tmp_path):
    oracle = Oracle(moods.model, decimal=",")
    data = b'id;x;y;note\na;1,5;-2,25;-1,5\nb;"7,0";1e-1;=x\nc;3,1,4;;t\nd;x;1;u\n'
    done, output, rejects = run(tmp_path, data, moods.model, decimal=",")
    check(oracle.read(data), output, rejects, decimal=",")
    assert (done.rows_out, done.rows_rejected, done.formulas) == (2, 2, 1)
    with pytest.raises(riskmodel.RiskmodelError, match="decimal"):
        run(tmp_path, data, moods.model)


@pytest.mark.parametrize("block", BLOCKS)
def test_a_decimal_comma_among_the_first_rejects_refuses_the_file(moods, tmp_path, block):
    comma = b"a;1,5\n"
    for before, refused in ((0, True), (1, True), (99, True), (100, False)):
        data = b"id;x\n" + b"a;7\n" * 50 + b"a;wrong\n" * before + b"a;7\n" * 50 + comma + b"a;7\n"
        if refused:
            with pytest.raises(riskmodel.RiskmodelError, match=f"in.csv:{102 + before}: .*'1,5' has a decimal comma"):
                run(tmp_path, data, moods.model, block)
        else:
            assert run(tmp_path, data, moods.model, block)[0].rows_rejected == 101
    assert run(tmp_path, b"id;x\n" + comma * 3, moods.model, block, decimal=".")[0].rows_rejected == 3
