"""Responses of the service equal the output of commands and functions, and match its OpenAPI document."""

import csv
import gzip
import io
import json
import re
import shlex

import command
import jsonschema
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from batch_runs import batch, packed, parquet
from serving import CORE, ROOT, client, content, problem_of

import riskmodel
from riskmodel.results import adapter
from riskmodel.schema.breakpoints import indicator_range
from riskmodel.tables.csv.escape import is_formula
from riskmodel.web import problems, schemas
from riskmodel.web.settings import Limits

EXAMPLES = sorted(
    path
    for path in (ROOT / "examples").iterdir()
    if path.suffix in (".yaml", ".json") and not path.name.startswith("recipe_")
)
DYADS = (ROOT / "examples" / "dyad_months.csv").read_bytes()


@pytest.fixture(scope="module")
def service(default_model):
    with client(default_model) as app_client:
        yield app_client


def answer_to(service, path, body):
    """Post a valid request; check the response against the document, and return it."""
    answer = service.post(path, body)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    validate_response(service, path, "post", answer.json())
    return answer.json()


def validate_response(service, path, method, data):
    document = service.app.openapi()
    (media,) = document["paths"][path][method]["responses"]["200"]["content"].values()
    jsonschema.validate(data, {**media["schema"], "components": document["components"]})


def test_score_equals_the_command_for_every_example(service):
    results = json.loads(command.run("score", *EXAMPLES, "--format", "json").stdout)
    assert len(results) == len(EXAMPLES) >= 10
    for path, expected in zip(EXAMPLES, results, strict=True):
        assert answer_to(service, "/api/score", content(path)) == expected


@pytest.mark.parametrize("path", EXAMPLES[:3], ids=lambda path: path.stem)
def test_uncertainty_equals_the_function(service, default_model, path):
    (situation,) = riskmodel.read_situations(path)
    options = {"weight_uncertainty": 0.2, "sample_missing": True, "draws": 2000, "seed": 3}
    expected = riskmodel.uncertainty(situation, model=default_model, **options).to_dict()
    result = answer_to(service, "/api/uncertainty", {"situation": content(path), **options})
    assert result == json.loads(json.dumps(expected))
    assert result["draws"] == 2048


def test_defaults_of_options_are_those_of_the_function(service, default_model):
    values = {**CORE, "espionage": {"low": 10, "high": 40}}
    expected = riskmodel.uncertainty(values, model=default_model).to_dict()
    body = {"situation": {"values": values}}
    assert answer_to(service, "/api/uncertainty", body) == json.loads(json.dumps(expected))


@pytest.mark.parametrize("target", ["escalation <= 50", "escalation <= 5 and stability >= 95", "escalation <= 99"])
def test_levers_equal_the_function(service, default_model, target):
    expected = riskmodel.levers(CORE, target, model=default_model).to_dict()
    body = {"situation": {"values": CORE}, "target": target}
    assert answer_to(service, "/api/levers", body) == json.loads(json.dumps(expected))


def test_the_model_can_be_loaded_from_its_response(service, default_model):
    data = service.get("/api/model").json()
    validate_response(service, "/api/model", "get", data)
    loaded = riskmodel.load_model(data["spec"])
    assert loaded.identity == default_model.identity
    assert data["model"]["fingerprint"] == default_model.identity.fingerprint
    assert list(data["ranges"]) == list(default_model.spec.indicators)
    for name, result in data["ranges"].items():
        assert result == indicator_range(default_model.spec, name)._asdict()
    assert data["limits"] == schemas.AllLimits().model_dump()


def test_the_ranges_of_labels_and_of_logarithmic_scales(write):
    path = write(
        "m.yaml",
        """
format: 1
id: mine
indicators:
  mood: {scale: {levels: {calm: 0, tense: 0.6, crisis: 1}}}
  x: {scale: {goalposts: [1, 10], curve: log}}
scores:
  s: {weights: {mood: 1, x: 3}}
""",
    )
    with client(riskmodel.load_model(path)) as app_client:
        ranges = app_client.get("/api/model").json()["ranges"]
        assert ranges == {"mood": None, "x": {"low": 1.0, "high": 10.0, "logarithmic": True}}
        result = answer_to(app_client, "/api/score", {"values": {"mood": "tense", "x": 10}})
        assert result["scores"]["s"]["value"] == pytest.approx(100 * (0.6 + 3) / 4)


# Tables


def parse_lines(answer):
    """The scored text, the rejected rows, and format and counts in the lines of an answer."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/x-ndjson"
    lines = [json.loads(line) for line in answer.text.splitlines()]
    for line in lines:
        jsonschema.validate(line, adapter(schemas.BatchLine).json_schema(mode="serialization"))
        assert len(line) == 1
    first, *most, last = lines
    assert (list(first), list(last)) == (["table"], ["done"])
    assert not any({"table", "done", "problem"} & line.keys() for line in most)
    text = "".join(line.get("scored", "") for line in lines)
    rejected = [row for line in lines for row in line.get("rejected", [])]
    return text, rejected, {**first["table"], **last["done"]}


def by_command(folder, data, *options, name="in.csv"):
    """Run `riskmodel batch`; return output, rejects and manifest."""
    (folder / name).write_bytes(data)
    done = batch(name, "-o", "out.csv", *options, cwd=folder)
    assert done.returncode in (0, 1), done.stderr
    rejects = list(csv.reader(io.StringIO((folder / "out.csv.rejects.csv").read_text(encoding="utf-8"))))
    manifest = json.loads((folder / "out.csv.manifest.json").read_text(encoding="utf-8"))
    return (folder / "out.csv").read_bytes().decode(), rejects, manifest


def check_same(service, tmp_path, data, query="", options=(), name="in.csv"):
    text, rejected, done = parse_lines(service.post(f"/api/batch{query}", data))
    expected, (header, *rejects), manifest = by_command(tmp_path, data, *options, name=name)
    assert text == expected
    # CSV may be opened in a spreadsheet, so only the file has escaped formulas.
    escapes = "keep" not in options
    result = [
        [f"'{cell}" if escapes and is_formula(cell) else cell for cell in map(str, row.values())] for row in rejected
    ]
    assert result == rejects
    assert done["row_unit"] == header[0]
    rows = {"in": done["rows_in"], "out": done["rows_out"], "rejected": done["rows_rejected"]}
    assert rows == manifest["rows"]
    assert done["rows_in"] == done["rows_out"] + done["rows_rejected"]
    assert (done["bands"], done["blank_lines"]) == (manifest["bands"], manifest["blank_lines"])
    assert done["formulas"] == manifest["formulas_escaped"]
    assert done["check"] == manifest["check"]
    return done


def many_rows(rows=10_000):
    """Return CSV with invalid rows, formulas, and blank lines."""
    rng = np.random.default_rng(6)
    frame = pd.DataFrame(
        {
            "id": [f"r{row}" for row in range(rows)],
            "military_activity": rng.integers(0, 12, rows),
            "note": rng.choice(["plain", "=1+1", "a, b", "Größe"], rows),
            "espionage": rng.uniform(-1, 90, rows).round(1),
            "communication_frequency": rng.uniform(0, 20, rows).round(1),
            "trade_disruption": rng.choice(["12.5", "", "NA", "many"], rows, p=[0.7, 0.2, 0.09, 0.01]),
        }
    )
    lines = frame.to_csv(index=False).splitlines()
    lines[5000:5000] = ["", "r,7,too,few"]
    return ("\n".join(lines) + "\n").encode()


def test_the_example_table_equals_the_command(service, tmp_path):
    done = check_same(service, tmp_path, DYADS)
    assert done["rows_in"] == done["rows_out"] == 40
    assert check_same(service, tmp_path, DYADS, "?explain=true", ["--explain"])


def test_ten_thousand_rows_equal_the_command(service, tmp_path):
    data = many_rows()
    done = check_same(service, tmp_path, data)
    assert done["rows_in"] == 10_001
    assert done["rows_rejected"] > 1000
    assert done["blank_lines"] == 1
    assert done["formulas"] > 1000
    options = ["--formulas", "keep", "--explain"]
    check_same(service, tmp_path, gzip.compress(data), "?formulas=keep&explain=1", options, "in.csv.gz")
    check_same(service, tmp_path, packed(data, "zstd"), name="in.csv.zst")


def test_parquet_equals_the_command(service, tmp_path):
    frame = pd.read_csv(io.BytesIO(DYADS))
    frame.loc[3, "espionage"] = -4.0
    data = frame.to_parquet(index=False)
    done = check_same(service, tmp_path, data, name="in.parquet")
    assert (done["row_unit"], done["rows_rejected"]) == ("row", 1)


def workbook(engine, **sheets):
    content = io.BytesIO()
    with pd.ExcelWriter(content, engine=engine) as writer:
        for name, frame in sheets.items():
            frame.to_excel(writer, sheet_name=name, index=False)
    return content.getvalue()


@pytest.mark.parametrize(("engine", "ending"), [("xlsxwriter", "xlsx"), ("odf", "ods")])
def test_workbooks_equal_the_command(service, tmp_path, engine, ending):
    frame = pd.read_csv(io.BytesIO(DYADS))
    frame.loc[3, "espionage"] = -4.0
    data = workbook(engine, Cover=pd.DataFrame({"note": ["x"]}), Scores=frame)
    done = check_same(service, tmp_path, data, "?explain=1", ["--explain"], f"in.{ending}")
    assert (done["row_unit"], done["rows_in"], done["rows_rejected"]) == ("row", 40, 1)
    assert done["remarks"] == ["read sheet 'Scores' of 2, with the headings in row 1"]


def test_the_sheet_of_a_workbook_is_chosen(service, tmp_path):
    frame = pd.read_csv(io.BytesIO(DYADS))
    data = workbook("xlsxwriter", North=frame[:20], South=frame[20:])
    detail = problem_of(service.post("/api/batch", data), 422)["detail"]
    assert "the sheets 'North', 'South' have" in detail
    check_same(service, tmp_path, data, "?sheet=South", ["--sheet", "South"], "in.xlsx")


def test_decimal_marks_delimiters_and_thousands(service, tmp_path):
    data = b"id;espionage;military_activity\na;1,5;7\nb;2;x\n"
    done = check_same(service, tmp_path, data, "?delimiter=%3B&decimal=,", ["--delimiter", ";", "--decimal", ","])
    assert done["rows_out"] == 1
    tabs = data.replace(b";", b"\t")
    check_same(service, tmp_path, tabs, "?delimiter=tab&decimal=,", ["--delimiter", "tab", "--decimal", ","])
    grouped = b"id;espionage;military_activity\na;1.234,5;7\nb;-2 000;1\n"
    options = ["--decimal", ",", "--thousands", "."]
    done = check_same(service, tmp_path, grouped, "?decimal=,&thousands=.", options)
    assert (done["thousands"], done["rows_rejected"]) == (".", 1)


def test_a_header_alone_and_bytes_that_are_not_utf8(service):
    text, rejected, done = parse_lines(service.post("/api/batch", b"espionage\n"))
    assert text.startswith("espionage,escalation,")
    assert (text.count("\n"), rejected, done["rows_in"]) == (1, [], 0)
    text, rejected, done = parse_lines(service.post("/api/batch", b"id,espionage\na\xff,3\nb,4\n"))
    assert rejected == []
    assert text.splitlines()[1].startswith(r"a\xff,3,")
    assert text.splitlines()[2].startswith("b,4,")


def test_a_large_table_is_streamed_in_pieces_with_progress(default_model, monkeypatch):
    monkeypatch.setattr("riskmodel.web.batch._PROGRESS_SECONDS", 0.0)
    monkeypatch.setattr("riskmodel.tables.csv.reader.BLOCK", 1 << 15)
    with client(default_model) as app_client:
        lines = [json.loads(line) for line in app_client.post("/api/batch", many_rows(8000)).text.splitlines()]
    assert sum("scored" in line for line in lines) > 3
    rows = [line["progress"]["rows"] for line in lines if "progress" in line]
    assert len(rows) > 3
    assert rows == sorted(rows)
    assert rows[-1] == lines[-1]["done"]["rows_in"]


def test_damage_in_a_compressed_table_is_reported_before_the_response_begins(service):
    damaged = bytearray(gzip.compress(b"espionage\n" + b"3\n" * 200_000))
    damaged[-6] ^= 255
    assert "damaged" in problem_of(service.post("/api/batch", bytes(damaged)), 422)["detail"]


def test_an_error_within_a_table_is_reported_in_the_last_line(service, monkeypatch):
    monkeypatch.setattr("riskmodel.tables.arrow.reader.ROWS", 100)
    texts = pa.array(["fine"] * 250 + [b"\xff"] * 50 + ["fine"] * 200, pa.binary()).view(pa.string())
    data = parquet(pa.table({"espionage": [3.0] * 500, "note": texts}))
    lines = [json.loads(line) for line in service.post("/api/batch", data).text.splitlines()]
    assert sum(line.get("scored", "").count("\n") for line in lines) == 201
    assert "done" not in lines[-1]
    assert "not UTF-8" in problems.ProblemDetails.model_validate(lines[-1]["problem"]).detail


# Errors


@pytest.mark.parametrize(
    ("values", "field", "detail"),
    [
        ({"espionag": 3}, "values.espionag", "did you mean 'espionage'"),
        ({"espionage": -3}, "values.espionage", "outside the valid range"),
        ({"espionage": "many"}, "values.espionage", "number"),
        ({"espionage": {"low": 9, "high": 2}}, "values.espionage.high", "below low"),
        ({"espionage": {"low": 9, "hihg": 2}}, "values.espionage.hihg", "did you mean 'high'"),
        ({"espionage": True}, "values.espionage", "true"),
        ({"espionage": [1]}, "values.espionage", "number"),
        ({"espionage": 10**400}, "values.espionage", "finite"),
    ],
)
def test_an_invalid_value_is_reported_as_for_files(service, write, values, field, detail):
    data = problem_of(service.post("/api/score", {"values": values}), 422)
    (fault,) = data["errors"]
    assert fault["field"] == field
    assert detail in fault["detail"]
    assert (fault["line"], fault["column"]) > (1, 1)
    path = write("body.json", json.dumps({"values": values}))
    with pytest.raises(riskmodel.RiskmodelError) as caught:
        riskmodel.load_model().assess(riskmodel.read_situations(path)[0])
    (same,) = caught.value.problems
    assert (same.message, same.field, same.line, same.column) == (
        fault["detail"],
        field,
        fault["line"],
        fault["column"],
    )


def test_all_faults_are_reported_together(service):
    body = b'{\n "values": {"espionag": 1,\n "military_activity": 99},\n "titel": "x", "id": "a",\n "id": "b"}'
    data = problem_of(service.post("/api/score", body), 422)
    assert data["detail"].startswith("4 errors")
    assert [(fault["field"], fault["line"]) for fault in data["errors"]] == [
        ("values.espionag", 2),
        ("values.military_activity", 3),
        ("titel", 4),
        (None, 5),
    ]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "empty"),
        (b"  ", "empty"),
        (b"{", "not JSON"),
        (b'{"values": {"espionage": NaN}}', "NaN is not a JSON number"),
        (b'{"values": {"espionage": Infinity}}', "Infinity"),
        (b'{"values": {}} x', "text after the end"),
        (b"values: {espionage: 3}", "not JSON"),
        (b'\xff\xfe{"values"', "UTF-16"),
        (b'{"title": "\xe9"}', "not UTF-8"),
    ],
)
@pytest.mark.parametrize("path", ["/api/score", "/api/uncertainty", "/api/levers"])
def test_a_body_that_is_not_json_is_a_bad_request(service, path, body, message):
    assert message in problem_of(service.post(path, body), 400)["detail"]


def test_a_lone_surrogate_is_invalid(service):
    for body in (b'{"title": "\\ud800", "values": {}}', b'{"values": {"\\ud800": 1}}', b'{"\\ud800": 1, "values": {}}'):
        assert problem_of(service.post("/api/score", body), 422)["errors"]


@pytest.mark.parametrize(
    ("path", "more", "field", "detail"),
    [
        ("/api/uncertainty", {"weight_uncertainity": 0.2}, "weight_uncertainity", "did you mean 'weight_uncertainty'"),
        ("/api/uncertainty", {"weight_uncertainty": "20%"}, "weight_uncertainty", "number"),
        ("/api/uncertainty", {"draws": 1000.5}, "draws", "whole number"),
        ("/api/uncertainty", {"draws": 3}, "draws", "at least 1,024"),
        ("/api/uncertainty", {"seed": -1}, "seed", "at least 0"),
        ("/api/uncertainty", {"weight_uncertainty": 2.0}, None, "weights"),
        ("/api/uncertainty", {}, None, "nothing here is uncertain"),
        ("/api/levers", {}, "target", "is required"),
        ("/api/levers", {"target": "escalaton <= 4"}, "target", "did you mean 'escalation'"),
        ("/api/levers", {"target": 4}, "target", "text"),
    ],
)
def test_options_of_analyses_are_checked(service, path, more, field, detail):
    data = problem_of(service.post(path, {"situation": {"values": CORE}, **more}), 422)
    assert any(fault["field"] == field and detail in fault["detail"] for fault in data["errors"]), data


def test_a_duplicate_key_in_a_request(service):
    body = b'{"situation": {"values": {"espionage": 3, "espionage": 4}}, "target": "escalation <= 40"}'
    (fault,) = problem_of(service.post("/api/levers", body), 422)["errors"]
    assert "duplicate key" in fault["detail"]
    assert (fault["line"], fault["column"]) == (1, 43)


def test_errors_of_a_situation_in_a_request_have_its_path(service):
    body = {"situation": {"values": {"espionag": 3}, "model": "core-four"}, "target": "escalation <= 40"}
    assert problem_of(service.post("/api/levers", body), 422)["errors"][0]["field"] == "situation.model"
    del body["situation"]["model"]
    assert problem_of(service.post("/api/levers", body), 422)["errors"][0]["field"] == "situation.values.espionag"


@pytest.mark.parametrize(
    ("query", "field", "detail"),
    [
        ("explian=1", "explian", "did you mean 'explain'"),
        ("explain=maybe", "explain", "maybe"),
        ("formulas=run", "formulas", "'escape' or 'keep'"),
        ("decimal=1", None, "--decimal"),
        ("delimiter=ab", None, "--delimiter"),
        ("explain=1&explain=0", "explain", "duplicate parameter"),
    ],
)
def test_the_query_of_a_table_is_checked(service, query, field, detail):
    data = problem_of(service.post(f"/api/batch?{query}", DYADS), 422)
    assert any(fault["field"] == field and detail in fault["detail"] for fault in data["errors"]), data


@pytest.mark.parametrize(
    ("data", "detail"),
    [
        (b"", "is empty"),
        (b"a,b\n1,2\n", "no column is an indicator"),
        (b"espionage,espionage\n1,2\n", "duplicate column 'espionage'"),
        (b"espionage,escalation\n1,2\n", "already"),
        (b"PK\3\4....", "no workbook"),
        (b"ARROW1....", "neither CSV, Parquet nor a workbook"),
        (b"PAR1....", "no Parquet"),
        (b"\x1f\x8bxxxx", "damaged"),
        (b"espionage;military_activity\n1,5;3\n", "decimal comma"),
    ],
)
def test_an_unusable_table_is_rejected_before_the_response_begins(service, data, detail):
    details = problem_of(service.post("/api/batch", data), 422)
    assert detail in details["detail"]


def test_a_form_is_not_a_table(service):
    answer = service.request("POST", "/api/batch", files={"file": ("x.csv", DYADS)})
    assert "--data-binary" in problem_of(answer, 415)["detail"]


@pytest.mark.parametrize("path", ["/", "/static/main.js", "/api/model", "/health/ready", "/openapi.json", "/nothing"])
def test_head_is_get_without_the_body(service, path):
    head, get = service.request("HEAD", path), service.get(path)
    assert head.status_code == get.status_code
    assert head.content == b""
    assert {**head.headers} == {**get.headers}


def test_unknown_paths_and_methods(service):
    assert "did you mean '/api/score'" in problem_of(service.post("/api/scores", b"{}"), 404)["detail"]
    answer = service.get("/api/score")
    assert "POST" in problem_of(answer, 405)["detail"]
    assert answer.headers["allow"] == "POST"
    assert "did you mean '/openapi.json'" in problem_of(service.get("/openapi.jsn"), 404)["detail"]
    assert "did you mean '/api/score'" in problem_of(service.post("/api/score/", b"{}"), 404)["detail"]
    for path in ("/docs/", "/redoc", "/static/../app.py", "/static/%2e%2e/app.py", "/%2e%2e/%2e%2e/etc/passwd"):
        problem_of(service.get(path), 404)


def test_an_internal_error_is_logged_and_not_disclosed(service, monkeypatch, caplog):
    def fails(*given):
        raise RuntimeError("the secret of /home/somebody")

    monkeypatch.setattr("riskmodel.web.api.result_response", fails)
    data = problem_of(service.post("/api/score", {"values": CORE}), 500)
    assert "secret" not in json.dumps(data)
    assert "the secret of /home/somebody" in caplog.text


def test_health(service):
    assert service.get("/health/live").json() == {"status": "alive"}
    assert service.get("/health/ready").json() == {"status": "ready"}


PAGE = (ROOT / "docs" / "service.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("line", re.findall("^curl .*", PAGE, re.MULTILINE))
def test_the_requests_of_the_documents_succeed(service, line):
    _, option, body, url = shlex.split(line)
    assert option in ("-d", "--data-binary")
    content = (ROOT / body[1:]).read_bytes() if body.startswith("@") else body.encode()
    answer = service.post(url.removeprefix("http://127.0.0.1:8000"), content)
    assert answer.status_code == 200, answer.text


def test_the_error_in_the_documents_is_current(service):
    (shown,) = re.findall("```json\n(.*?)```", PAGE, re.DOTALL)
    expected = json.loads(shown)
    sent = problem_of(service.post("/api/score", b'{"values": {"espionag": 30}}'), 422)
    # The title of a status depends on the version of Python.
    assert {**sent, "title": expected["title"]} == expected


def test_every_limit_is_documented():
    for name, field in {**Limits.model_fields, **schemas.AllLimits.model_fields}.items():
        (row,) = [line for line in PAGE.splitlines() if line.startswith(f"| `{name}` |")]
        assert f"{field.default:,}".removesuffix(".0") in row
