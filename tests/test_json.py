"""The JSON schema of every JSON output: a change of it is a decision, written down in `snapshots/*.json`.

`python tests/test_json.py` writes these files anew, without titles and descriptions; what it changes belongs in the
changelog. What the command prints and the service responds is valid against these schemas.
"""

import json
from pathlib import Path

import jsonschema
import pytest
from command import run
from serving import CORE, client

from riskmodel.analysis.outcomes.probability_map import ProbabilityMap
from riskmodel.analysis.results.calibration import Calibration
from riskmodel.analysis.results.comparison import Comparison
from riskmodel.analysis.results.data_check import DataCheck
from riskmodel.analysis.results.digest import Digest
from riskmodel.analysis.results.indicators import IndicatorRows, IndicatorTable
from riskmodel.analysis.results.influences import InfluencePaths
from riskmodel.analysis.results.levers import Levers
from riskmodel.analysis.results.movers import RowComparison
from riskmodel.analysis.results.outlook import Outlook
from riskmodel.analysis.results.panels import Aggregation, TableRanking
from riskmodel.analysis.results.profile import Profile
from riskmodel.analysis.results.ranking import Ranking
from riskmodel.analysis.results.sensitivity import EffectiveWeights, Sensitivity
from riskmodel.analysis.results.series import TimeSeries
from riskmodel.analysis.results.uncertainty import Uncertainty
from riskmodel.analysis.results.validation import Validation
from riskmodel.analysis.results.weighting import Weighting
from riskmodel.assessment import Assessment
from riskmodel.results import adapter
from riskmodel.tables.check import TableCheck
from riskmodel.web.problems import ProblemDetails
from riskmodel.web.schemas import BatchLine, Health, ModelAnswer

SNAPSHOTS = Path(__file__).parent / "snapshots"
EXAMPLES = Path(__file__).parent.parent / "examples"
TYPES = (
    Aggregation,
    Assessment,
    BatchLine,
    Calibration,
    Comparison,
    Digest,
    EffectiveWeights,
    Health,
    IndicatorRows,
    IndicatorTable,
    InfluencePaths,
    Levers,
    ModelAnswer,
    ProbabilityMap,
    ProblemDetails,
    Profile,
    Ranking,
    RowComparison,
    Sensitivity,
    TableCheck,
    TableRanking,
    Outlook,
    TimeSeries,
    Uncertainty,
    Validation,
    Weighting,
)
CASE, OTHER_CASE = EXAMPLES / "article_case.yaml", EXAMPLES / "case_1962_cuba.yaml"
STUDY = (EXAMPLES / "made_up_years.csv", "--outcome", "dispute_next_year", "--group", "pair", "--time", "year")
PANEL = (EXAMPLES / "made_up_years.csv", "--id", "pair", "--time", "year")
BEHIND = ("--pair", "USA-RUS", "--month", "2010-04", "--indicator", "communication_frequency")
COMMANDS = (
    (Assessment, ("score", CASE)),
    (Uncertainty, ("uncertainty", CASE, "--draws", 1024, "--weight-uncertainty", "20%")),
    (Sensitivity, ("sensitivity", CASE, "--draws", 256, "--sample-missing")),
    (Levers, ("levers", OTHER_CASE, "--target", "stability >= 40")),
    (Comparison, ("compare", CASE, OTHER_CASE)),
    (Comparison, ("compare", CASE, "-m", "bilateral-tension", "-m", "core-four")),
    (Ranking, ("compare", CASE, OTHER_CASE, "--rank", "--draws", 256)),
    (DataCheck, ("data", "check", EXAMPLES / "dyad_months.csv")),
    (IndicatorTable, ("indicators", EXAMPLES / "recipe_us_russia.yaml")),
    (
        IndicatorRows,
        ("indicators", "explain", EXAMPLES / "recipe_us_russia.yaml", *BEHIND),
    ),
    (TableRanking, ("rank", *PANEL)),
    (InfluencePaths, ("outlook", CASE, "--influences", "--if", "communication_frequency = 8 from 2027-01")),
    (Outlook, ("outlook", EXAMPLES / "made_up_years.csv", "--by", "pair", "--time", "year", "--draws", 128)),
    (TimeSeries, ("series", EXAMPLES / "made_up_years.csv", "--by", "pair", "--time", "year")),
    (Digest, ("series", EXAMPLES / "made_up_years.csv", "--by", "pair", "--time", "year", "--digest")),
    (RowComparison, ("compare", *PANEL, "-m", "core-four", "-m", "bilateral-tension")),
    (Aggregation, ("aggregate", EXAMPLES / "made_up_years.csv", "--by", "pair")),
    (Validation, ("validate", *STUDY, "--resamples", 20)),
    (Calibration, ("calibrate", *STUDY, "--resamples", 20, "-o", "calibrated.yaml")),
    (Weighting, ("weights", "ahp", EXAMPLES / "weights" / "ahp.yaml")),
    (Weighting, ("weights", "best-worst", EXAMPLES / "weights" / "best_worst.yaml")),
    (Profile, ("data", "profile", EXAMPLES / "made_up_years.csv")),
    (Weighting, ("weights", "entropy", EXAMPLES / "dyad_months.csv")),
)


def schema_of(kind):
    return _without_texts(adapter(kind).json_schema(mode="serialization"))


def _without_texts(schema):
    if isinstance(schema, list):
        return [_without_texts(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: _without_texts(value)
        for key, value in schema.items()
        if not (key in ("title", "description") and isinstance(value, str))
    }


def snapshot_of(kind):
    return SNAPSHOTS / f"{kind.__name__}.json"


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.__name__)
def test_the_schema_of_each_type_is_the_one_written_down(kind):
    expected = json.loads(snapshot_of(kind).read_text(encoding="utf-8"))
    assert schema_of(kind) == expected, "run `python tests/test_json.py` if this change is meant"


def test_no_snapshot_is_left_over():
    assert {path.name for path in SNAPSHOTS.glob("*.json")} == {snapshot_of(kind).name for kind in TYPES}


@pytest.mark.parametrize(("kind", "words"), COMMANDS, ids=lambda part: part[0] if isinstance(part, tuple) else "")
def test_the_output_of_each_command_is_valid(kind, words, tmp_path):
    done = run(*words, "--format", "json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    output = json.loads(done.stdout)
    for result in output if isinstance(output, list) else [output]:
        jsonschema.validate(result, schema_of(kind))


def test_the_responses_of_the_service_are_valid(default_model):
    situation = {"values": {**CORE, "espionage": {"low": 2, "high": 7}}}
    with client(default_model) as service:
        responses = [
            (Assessment, service.post("/api/score", situation)),
            (Uncertainty, service.post("/api/uncertainty", {"situation": situation, "draws": 1024})),
            (Levers, service.post("/api/levers", {"situation": situation, "target": "escalation <= 40"})),
            (ModelAnswer, service.get("/api/model")),
            (Health, service.get("/health/ready")),
            (ProblemDetails, service.post("/api/score", {"values": {"espionag": 1}})),
        ]
        lines = service.post("/api/batch", b"id,espionage\na,3\nb,many\n").text.splitlines()
    for kind, response in responses:
        jsonschema.validate(response.json(), schema_of(kind))
    assert len(lines) > 1
    for line in lines:
        jsonschema.validate(json.loads(line), schema_of(BatchLine))


if __name__ == "__main__":
    for kind in TYPES:
        text = json.dumps(schema_of(kind), indent=2, ensure_ascii=False)
        snapshot_of(kind).write_text(text + "\n", encoding="utf-8")
