"""The service and the page get the series of the function, with columns proposed, and one sentence for a bad table."""

import io
import json
import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from batch_runs import parquet
from serving import ROOT, client, problem_of

import riskmodel
from riskmodel.report import formatting
from riskmodel.report.analyses.series_facts import drivers
from riskmodel.tables.input_file import InputFile
from riskmodel.tables.options import TableOptions
from riskmodel.web import series_data as series_data_module
from riskmodel.web.series_data import propose_columns, series_data
from riskmodel.web.settings import Limits

YEARS = ROOT / "examples" / "made_up_years.csv"
LEVELS = {"military_activity": 5, "communication_frequency": 4, "espionage": 20, "trade_disruption": 30}


@pytest.fixture(scope="module")
def service(default_model):
    with client(default_model) as app_client:
        yield app_client


def frame(*keys, **columns):
    """A frame of valid rows with these columns of labels."""
    rows = len(next(iter(columns.values())))
    return pd.DataFrame({**columns, **{name: np.linspace(1, value, rows) for name, value in LEVELS.items()}})


def csv(table):
    return table.to_csv(index=False).encode()


def test_the_series_of_a_table_equals_the_function(service, default_model):
    query = "by=pair&time=year&draws=128&seed=3&weight_uncertainty=0.2&alert=escalation>=60&alert=stability is fragile"
    answer = service.post(f"/api/series?{query}", YEARS.read_bytes())
    assert answer.status_code == 200, answer.text
    options = {"by": "pair", "time": "year", "draws": 128, "seed": 3, "weight_uncertainty": 0.2}
    options["alerts"] = ["escalation>=60", "stability is fragile"]
    expected = json.loads(riskmodel.series(YEARS, model=default_model, **options).to_json())
    assert answer.json() == {**expected, "source": "body"}


def test_parquet_and_other_delimiters_and_decimal_marks(service):
    table = frame(pair=["a"] * 4, month=["2024-01", "2024-02", "2024-03", "2024-04"])
    query = "by=pair&time=month&draws=0"
    expected = service.post(f"/api/series?{query}", csv(table)).json()
    semicolons = table.to_csv(index=False, sep=";", decimal=",").encode()
    assert service.post(f"/api/series?{query}&decimal=,", semicolons).json() == expected
    assert service.post(f"/api/series?{query}", parquet(pa.Table.from_pandas(table))).json() == expected


def proposed(model, table):
    content = csv(table)
    return propose_columns(model, lambda: InputFile(io.BytesIO(content), "body", len(content)), TableOptions())


MONTHS = ["2024-01", "2024-02", "2024-03"] * 2
PAIRS = ["a"] * 3 + ["b"] * 3


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"pair": PAIRS, "month": MONTHS}, (("pair",), "month")),
        ({"remark": list("uvwxyz"), "month": MONTHS, "pair": PAIRS}, (("pair",), "month")),
        ({"updated": ["2025-02-01"] * 5 + ["2025-02-02"], "month": MONTHS, "pair": PAIRS}, (("pair",), "month")),
        ({"code": [1990, 1990, 2001] * 2, "when": MONTHS, "date": MONTHS, "pair": PAIRS}, (("pair",), "date")),
        ({"a": list("xxxxyy"), "b": list("uuvvuu"), "year": [2001, 2002] * 3}, (("a", "b"), "year")),
        ({"region": ["r"] * 6, "pair": PAIRS, "month": MONTHS}, (("pair",), "month")),
        ({"pair": PAIRS, "month": [*MONTHS[:5], "soon"]}, (("pair",), "month")),
        ({"pair": PAIRS, "month": [*MONTHS[:4], *MONTHS[3:5]]}, (("pair",), "month")),
        ({"month": [f"2024-0{number}" for number in range(1, 7)]}, ((), "month")),
        ({"pair": PAIRS, "remark": list("uvwxyz")}, ((), None)),
        ({"pair": PAIRS, "size": [1, 2, 3] * 2}, ((), None)),
        ({"pair": PAIRS, "month": ["2024-01"] * 6}, ((), None)),
    ],
    ids=str,
)  # fmt: skip
def test_the_columns_of_units_and_times_are_proposed(default_model, columns, expected):
    assert proposed(default_model, frame(**columns)) == expected


def test_a_table_of_many_labels_has_few_pairs_of_columns_to_try(default_model, monkeypatch):
    tried = []
    count = series_data_module._counts
    monkeypatch.setattr(series_data_module, "_counts", lambda columns, times: tried.append(1) or count(columns, times))
    random, rows = np.random.default_rng(1), 1_000
    labels = {f"label {number}": random.integers(0, 5, rows).astype(str) for number in range(48)}
    pairs = np.repeat([f"pair {number}" for number in range(10)], 100)
    months = [f"{1990 + row % 100}-01" for row in range(rows)]
    assert proposed(default_model, frame(pair=pairs, month=months, **labels)) == (("pair",), "month")
    assert len(tried) <= 12 + 66


def test_the_page_gets_the_proposed_series(service, default_model):
    answer = service.post("/page/series?draws=128", YEARS.read_bytes()).json()
    assert (answer["by"], answer["time"]) == (["pair"], "year")
    result = riskmodel.series(YEARS, model=default_model, by="pair", time="year", draws=128)
    data = answer["series"]
    assert data == json.loads(json.dumps(plain(series_data(result))))
    assert data["units"] == list(result.unit_names)
    chosen = answer["series"]["scores"][0]
    score = result["escalation"]
    assert (chosen["name"], len(chosen["value"])) == ("escalation", result.rows)
    for row in range(0, result.rows, 37):
        assert chosen["value"][row] == none_or(score.reported[row])
        assert (chosen["low"][row], chosen["high"][row]) == (score.low[row], score.high[row])
        band = chosen["band"][row]
        assert (None if band < 0 else chosen["bands"][band]["name"]) == score.band(row)
        texts = []
        for entry in drivers(score, row)[:2]:
            points = formatting.signed(entry.points, 1)
            missing = (
                np.isnan(result.values[entry.name][[result.before[row], row]]) if entry.kind == "indicator" else [0, 0]
            )
            note = "" if missing[0] == missing[1] else " (now missing)" if missing[1] else " (now known)"
            texts += [f"{entry.title} {points}{note}"] if float(points) else []
        assert chosen["drivers"][row] == "; ".join(texts)
        before = int(result.before[row])
        crossed = (
            before >= 0 and None not in (score.band(row), score.band(before)) and score.band(row) != score.band(before)
        )
        assert (row in chosen["crossed"]) == crossed


def none_or(number):
    return None if np.isnan(number) else number


def plain(data):
    """Replace NaN by None, as the JSON of the service does."""
    if isinstance(data, dict):
        return {key: plain(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [plain(value) for value in data]
    return None if isinstance(data, float) and np.isnan(data) else data


def test_values_of_rows_are_those_of_the_table(write):
    path = write(
        "labels.yaml",
        """
format: 1
id: labels
indicators:
  mood: {scale: {levels: {calm: 0, tense: 0.6}}}
  x: {scale: {goalposts: [0, 10]}}
scores:
  s: {weights: {mood: 1, x: 3}}
""",
    )
    table = b"unit,year,mood,x\nu,2001,tense,0.1\nu,2002,calm,\nu,2003,,3\n"
    with client(riskmodel.load_model(path)) as app_client:
        data = app_client.post("/page/series", table).json()["series"]
    assert data["values"] == {"mood": ["tense", "calm", None], "x": [0.1, None, 3.0]}
    assert data["before"] == [-1, 0, 1]
    assert data["scores"][0]["bands"] == []


@pytest.mark.parametrize(
    ("times", "step", "places"),
    [
        (["2024-01", "2024-02", "2024-04", "2024-05"], "1 month", [0, 1, 3, 4]),
        (["2024-01-01", "2024-01-02", "2024-01-29", "2024-01-31"], None, [0, 0.1, 2.8, 3]),
        (["2024-01"], None, [0]),
    ],
)
def test_times_have_their_distances(service, times, step, places):
    data = service.post("/page/series?time=when", csv(frame(when=times))).json()["series"]
    assert (data["times"], data["step"]) == (times, step)
    assert data["places"] == pytest.approx(places)


def test_a_table_without_times_has_no_series_on_the_page(service):
    answer = service.post("/page/series", csv(frame(pair=PAIRS, remark=list("uvwxyz"))))
    assert answer.json() == {"by": [], "time": None, "series": None}


@pytest.mark.parametrize(
    ("query", "table", "status", "words"),
    [
        ("", "espionage\n1\n", 422, "time: is required"),
        ("time=month", "espionage\n1\n", 422, "time: there is no column 'month'"),
        ("time=month&by=pear", "month,pair,espionage\n2024-01,a,1\n", 422, "there is no column 'pear'; did you"),
        ("time=month", "month,espionage\nsoon,1\n", 422, "'soon' is not a time"),
        ("time=month&by=pair", "month,pair,espionage\n2024-01,a,1\n2024-01,a,1\n", 422, "2024-01 in several rows"),
        ("time=month", "month,espionage\n2024-01,-4\n", 422, "-4 is outside the valid range"),
        ("time=month&time=year", "month,espionage\n2024-01,4\n", 422, "duplicate parameter"),
        ("time=month&decimal=x", "month,espionage\n2024-01,4\n", 422, "should be . or ,"),
        ("time=month&draws=9", "month,espionage\n2024-01,4\n", 422, "draws are from 128"),
        ("time=month&alert=escalation", "month,espionage\n2024-01,4\n", 422, "an alert is like"),
        ("time=month&alert=calm>=3", "month,espionage\n2024-01,4\n", 422, "calm"),
        ("time=month&weight_uncertainty=2", "month,espionage\n2024-01,4\n", 422, "weights vary by"),
        ("time=month", "month,espionage\n" + "2024-01,4\n" * 11, 413, "more than 10 rows"),
        ("time=month", "", 422, "empty"),
    ],
    ids=range(14),
)  # fmt: skip
def test_a_bad_table_gets_one_sentence(query, table, status, words, caplog):
    with client(limits=Limits(series_rows=10)) as app_client:
        for path in ("/api/series", "/page/series"):
            if path == "/page/series" and not query:
                continue
            details = problem_of(app_client.post(f"{path}?{query}", table.encode()), status)
            assert words in details["detail"]
            assert not re.search("--(by|id|time)", details["detail"])
    assert caplog.text == ""


def test_the_outlook_of_a_table_equals_the_function(service, default_model):
    pytest.importorskip("statsmodels")
    content = b"".join(YEARS.read_bytes().splitlines(keepends=True)[:26])  # the first of the units
    answer = service.post("/api/outlook?by=pair&time=year&horizon=3&draws=128&seed=2", content)
    assert answer.status_code == 200, answer.text
    options = {"by": "pair", "time": "year", "horizon": 3, "draws": 128, "seed": 2}
    table = pd.read_csv(io.BytesIO(content))
    result = riskmodel.outlook(table, model=default_model, **options)
    assert answer.json() == {**json.loads(result.to_json()), "source": "body"}
    url = "/page/outlook?by=pair&time=year&horizon=3&draws=128&seed=2&score=escalation"
    shown = service.post(url, content).json()
    fan = result.units[0].scores["escalation"]
    assert shown["verdict"] == f"{result['escalation'].verdict}."
    assert shown["times"][-3:] == list(result.units[0].ahead)
    assert pytest.approx(fan.quantiles, abs=0.05 + 1e-9) == np.array(shown["quantiles"]).T
    assert len(shown["past"]) + 3 == len(shown["times"])
    assert shown["past"][-1] == none_or(fan.past[-1])
    for text, quantiles in zip(shown["texts"], np.array(shown["quantiles"]).T, strict=True):
        assert text.startswith(f"median {quantiles[2]:.1f}; 50% interval {quantiles[1]:.1f} to {quantiles[3]:.1f}; ")
    assert "held against the past" in shown["html"]


@pytest.mark.parametrize(
    ("query", "rows", "words"),
    [
        ("time=year&score=calm", 25, "'calm' is no score with an outlook"),
        ("time=year", 25, "score: is required"),
        ("time=year&score=escalation&horizon=121", 25, "horizon: should be at most 120"),
        ("time=year&score=escalation", 5, "an outlook needs 24 at least"),
    ],
)
def test_an_outlook_that_cannot_be_made_gets_one_sentence(service, query, rows, words):
    pytest.importorskip("statsmodels")
    content = b"".join(YEARS.read_bytes().splitlines(keepends=True)[: rows + 1])
    assert words in problem_of(service.post(f"/page/outlook?by=pair&{query}", content), 422)["detail"]


def test_a_form_is_refused_and_a_busy_service_says_so(service):
    answer = service.request("POST", "/api/series?time=year", files={"file": ("x.csv", b"year,espionage\n1,2\n")})
    assert problem_of(answer, 415)["detail"].startswith("the body should be the file itself")
    slots = service.app.state.shared.batches.slots
    for _ in range(4):
        slots.take()
    try:
        problem_of(service.post("/api/series?time=year", b"year,espionage\n2001,2\n"), 503)
    finally:
        for _ in range(4):
            slots.release()
    assert service.post("/api/series?time=year", b"year,espionage\n2001,2\n").status_code == 200
