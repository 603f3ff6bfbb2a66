"""The names and codes that a model states for tables hold in SQL too."""

import duckdb
import pandas as pd
import pytest

import riskmodel

MODEL = riskmodel.load_model(
    {
        "format": 1,
        "id": "mine",
        "indicators": {
            "mil": {"scale": {"goalposts": [0, 10]}, "column": ["MIL act", "m"], "missing": [-999, ".."]},
            "mood": {"scale": {"levels": {"calm": 0, "tense": 1}}, "missing": ["unknown", -9]},
        },
        "scores": {"s": {"weights": {"mil": 1, "mood": 1}, "min_coverage": 0}},
    }
)
FRAME = pd.DataFrame({"MIL act": [5.0, -999.0, None, 7.0], "mood": ["calm", "tense", "unknown", "-9"]})


@pytest.mark.parametrize("columns", [None, ["mood", "MIL act", "other"]])
def test_a_query_reads_the_columns_of_the_model_and_its_codes(columns):
    query = riskmodel.to_sql(MODEL, dialect="duckdb", table="months", columns=columns)
    with duckdb.connect() as connection:
        connection.register("months", FRAME)
        read = connection.sql(query).df()
    expected = MODEL.score_frame(FRAME)
    assert read["s"].fillna(-1).tolist() == expected["s"].fillna(-1).tolist() == [25.0, 100.0, -1, 70.0]
    assert read["s_coverage"].tolist() == expected["s_coverage"].tolist() == [1.0, 0.5, 0.0, 0.5]
