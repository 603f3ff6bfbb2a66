"""Comparisons with gaps, of several judges, and in matrices: closed forms, published examples, and errors."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmodel.analysis.weighting.matrix_file import matrix_document
from riskmodel.analysis.weighting.pairwise import RANDOM_INDICES, geometric_mean, linked_parts, principal_weights
from riskmodel.analysis.weighting.subjective import weights_from_judgements
from riskmodel.errors import RiskmodelError

NAMES = "abcdef"
MODEL = {
    "format": 1,
    "id": "mine",
    "indicators": {name: {"scale": {"goalposts": [0, 1]}} for name in NAMES},
    "scores": {"escalation": {"weights": dict.fromkeys(NAMES, 10)}},
}


def of_ratios(weights):
    return np.asarray(weights, float)[:, np.newaxis] / np.asarray(weights, float)


def with_gaps(matrix, seed):
    """The matrix with pairs left out at random, as long as the others link all inputs."""
    rng = np.random.default_rng(seed)
    rows, columns = np.triu_indices(len(matrix), 1)
    for pair in rng.permutation(len(rows))[: rng.integers(0, len(rows))]:
        fewer = matrix.copy()
        fewer[rows[pair], columns[pair]] = fewer[columns[pair], rows[pair]] = np.nan
        matrix = fewer if len(linked_parts(fewer)) == 1 else matrix
    return matrix


def random_judgements(seed, inputs):
    upper = np.triu(np.random.default_rng(seed).choice([1 / 7, 1 / 3, 1, 2, 5, 9], (inputs, inputs)), 1)
    return np.where(upper > 0, upper, 1 / np.where(upper.T > 0, upper.T, 1))


def weighed(judgements, **options):
    return weights_from_judgements("ahp", judgements, MODEL, **options)


class TestGaps:
    def test_harkers_example(self):
        """P. T. Harker (1987): 1 over 2 is 2, 2 over 3 is 2, 1 over 3 is unknown: 4 to 2 to 1."""
        matrix = np.array([[1, 2, np.nan], [1 / 2, 1, 2], [np.nan, 1 / 2, 1]])
        result = principal_weights(matrix)
        np.testing.assert_allclose(result.weights, np.array([4, 2, 1]) / 7, rtol=1e-12)
        assert result[1:] == (3.0, 0.0, 0.0, 0.0, None)

    @settings(max_examples=60, deadline=None)
    @given(st.lists(st.floats(0.02, 1), min_size=2, max_size=9), st.integers(0, 10_000))
    def test_whatever_is_left_out_consistent_judgements_give_the_weights_that_made_them(self, made, seed):
        weights = np.array(made) / sum(made)
        result = principal_weights(with_gaps(of_ratios(weights), seed))
        np.testing.assert_allclose(result.weights, weights, rtol=1e-8)
        assert result.consistency_ratio == pytest.approx(0, abs=1e-8)

    @settings(max_examples=60, deadline=None)
    @given(st.integers(0, 10_000), st.integers(3, 8))
    def test_a_gap_is_filled_by_the_ratio_of_the_weights(self, seed, inputs):
        matrix = with_gaps(random_judgements(seed, inputs), seed)
        result = principal_weights(matrix)
        filled = np.where(np.isnan(matrix), of_ratios(result.weights), matrix)
        complete = principal_weights(filled)
        np.testing.assert_allclose(complete.weights, result.weights, rtol=1e-7)
        if result.least_consistent is not None:
            assert complete.lambda_max == pytest.approx(result.lambda_max, rel=1e-9)
        order = np.random.default_rng(seed).permutation(inputs)
        np.testing.assert_allclose(
            principal_weights(matrix[np.ix_(order, order)]).weights, result.weights[order], rtol=1e-7
        )

    def test_a_contradicted_judgement_is_named_and_not_the_one_that_links_two_parts(self):
        """a, b, c contradict each other; d hangs on c alone, so nothing can contradict d."""
        matrix = of_ratios([8, 4, 2, 1])
        for row, column in ((0, 3), (1, 3)):
            matrix[row, column] = matrix[column, row] = np.nan
        matrix[0, 2], matrix[2, 0] = 1, 1
        entry = principal_weights(matrix).least_consistent
        assert {entry.row, entry.column} <= {0, 1, 2}
        matrix[0, 2], matrix[2, 0] = 4, 1 / 4
        assert principal_weights(matrix).consistency_ratio == pytest.approx(0, abs=1e-12)

    def test_the_random_index_falls_to_zero_as_pairs_are_left_out(self):
        index = RANDOM_INDICES["saaty-1980"]
        assert index.of(5, 0) == 1.12
        assert index.of(5, 3) == pytest.approx(0.56)
        assert index.of(5, 6) == 0
        assert index.of(4, 1) == pytest.approx(0.60)

    def test_parts_without_a_link_are_named(self):
        matrix = of_ratios([1, 2, 3, 4])
        matrix[:2, 2:] = matrix[2:, :2] = np.nan
        with pytest.raises(RiskmodelError, match=r"links the inputs \[0, 1\] with the inputs \[2, 3\]"):
            principal_weights(matrix)
        with pytest.raises(RiskmodelError, match="no comparison links a, b with c, d; compare a with c, for example"):
            weighed({"pairs": {"a": {"b": 2}, "c": {"d": 2}}})

    def test_a_pair_that_is_missing_in_one_direction_only_is_refused(self):
        with pytest.raises(RiskmodelError, match="or NaN in both directions"):
            principal_weights(np.array([[1, 2], [np.nan, 1]]))

    def test_the_report_says_how_many_pairs_were_judged(self):
        result = weighed({"pairs": {"a": {"b": 2, "c": None}, "b": {"c": 3}}})
        assert result.shares == pytest.approx({"a": 0.6, "b": 0.3, "c": 0.1})
        assert result.consistency.missing_pairs == 1
        assert "Pairs judged           2  of 3" in str(result)
        assert "Pairs judged" not in str(weighed({"pairs": {"a": {"b": 2}}}))


class TestJudges:
    @settings(max_examples=40, deadline=None)
    @given(st.integers(0, 10_000), st.integers(2, 6), st.integers(1, 4))
    def test_the_mean_of_ratios_is_a_matrix_of_ratios_and_knows_no_order(self, seed, inputs, count):
        matrices = [with_gaps(random_judgements(seed + judge, inputs), seed + judge) for judge in range(count)]
        mean = geometric_mean(matrices)
        np.testing.assert_allclose(mean * mean.T, np.where(np.isnan(mean), np.nan, 1), rtol=1e-12)
        np.testing.assert_allclose(geometric_mean(matrices[::-1]), mean, rtol=1e-12)
        np.testing.assert_array_equal(np.isnan(mean), np.isnan(matrices).all(axis=0))

    def test_two_judges_meet_at_the_geometric_mean(self):
        """2 and 8 make 4, so 4 to 1."""
        result = weighed({"judges": {"anna": {"a": {"b": 2}}, "ben": {"b": {"a": "1/8"}}}})
        assert result.shares == pytest.approx({"a": 0.8, "b": 0.2})
        assert result.details["anna"] == pytest.approx({"a": 2 / 3, "b": 1 / 3})
        assert result.details["ben"] == pytest.approx({"a": 8 / 9, "b": 1 / 9})
        assert [judge.consistency_ratio for judge in result.consistency.judges.values()] == [0, 0]

    def test_judges_who_agree_count_like_one(self):
        pairs = {"a": {"b": 2, "c": 5}, "b": {"c": 4}}
        alone, together = weighed({"pairs": pairs}), weighed({"judges": dict.fromkeys("xyz", pairs)})
        assert together.shares == pytest.approx(alone.shares)
        assert together.consistency.consistency_ratio == pytest.approx(alone.consistency.consistency_ratio)
        for judge in together.consistency.judges.values():
            assert judge.consistency_ratio == pytest.approx(alone.consistency.consistency_ratio)

    def test_each_judge_may_leave_pairs_to_the_others(self):
        """a over b is 2 by the first, b over c is 3 by the second; neither has compared all."""
        result = weighed([{"judges": {"first": {"a": {"b": 2}}}}, {"judges": {"second": {"b": {"c": 3}}}}])
        assert result.shares == pytest.approx({"a": 0.6, "b": 0.3, "c": 0.1})
        assert result.details["second"] == pytest.approx({"b": 0.75, "c": 0.25})

    def test_an_inconsistent_judge_is_named_where_all_together_are_consistent(self):
        """a over b, b over c and a over c are 2, 2, 1/4 by one judge, 2, 2, 64 by the other: together 2, 2, 4."""
        pairs = [{"a": {"b": 2, "c": ratio}, "b": {"c": 2}} for ratio in ("1/4", 64)]
        result = weighed({"judges": dict(zip(("wild", "wilder"), pairs, strict=True))})
        assert result.shares == pytest.approx({"a": 4 / 7, "b": 2 / 7, "c": 1 / 7})
        assert result.consistency.consistency_ratio == pytest.approx(0, abs=1e-9)
        # Of three inputs, lambda max is 1 + t^(1/3) + t^(-1/3), t = a_12 a_23 / a_13, here 16 and 1/16.
        ratio = (16 ** (1 / 3) + 16 ** (-1 / 3) - 2) / 2 / 0.58
        for judge in result.consistency.judges.values():
            assert judge.consistency_ratio == pytest.approx(ratio, rel=1e-12)
        start = f"the consistency ratio of wild, {ratio:.3f}, is above 0.10; furthest from the others is judges.wild."
        assert result.warnings[0].startswith(start)
        assert any(line.split()[:5] == ["wilder", "3", "3", "of", "3"] for line in str(result).splitlines())

    def test_a_judge_whose_comparisons_are_not_linked_has_no_ratio(self):
        judges = {"x": {"a": {"b": 2}, "c": {"d": 2}}, "y": {"b": {"c": 1}}}
        result = weighed({"judges": judges})
        assert result.consistency.judges["x"].consistency_ratio is None
        assert list(result.details) == ["y"]
        assert result.shares == pytest.approx({"a": 0.4, "b": 0.2, "c": 0.2, "d": 0.2 / 2 * 1}, abs=0.05)

    @pytest.mark.parametrize(
        ("judgements", "words"),
        [
            ([{"pairs": {"a": {"b": 1}}}] * 2 + [{"judges": {"judge 1": {"a": {"b": 1}}}}], "two judges are called"),
            ({"pairs": {"a": {"b": 1}}, "judges": {"x": {"a": {"b": 1}}}}, "needs either `pairs`"),
            ({}, "needs either `pairs`"),
            ({"judges": {}}, "judges: should not be empty"),
            ({"judges": {"x": {"a": {"bb": 1}}}}, "judges.x.a.bb: not an input"),
            ({"judges": {"x": {"a": {"b": 2}, "b": {"a": 2}}}}, "judges.x.b.a: duplicate pair with another ratio"),
            ([], "ahp takes one file of judgements; got 0"),
        ],
    )
    def test_files_of_judges_that_cannot_be_used(self, judgements, words):
        with pytest.raises(RiskmodelError, match=words):
            weighed(judgements)

    def test_other_methods_take_one_file(self):
        with pytest.raises(RiskmodelError, match="direct takes one file of judgements; got 2"):
            weights_from_judgements("direct", [{"ratings": {"a": 1, "b": 1}}] * 2, MODEL)


def csv_of(matrix, names, delimiter=",", digits=None):
    def text(ratio):
        return f"{ratio:g}" if ratio >= 1 or digits is None else f"{ratio:.{digits}f}"

    lines = [["", *names], *([name, *map(text, row)] for name, row in zip(names, matrix, strict=True))]
    return "\n".join(delimiter.join(line) for line in lines) + "\n"


class TestMatrices:
    @pytest.mark.parametrize("delimiter", [",", ";", "\t"])
    def test_saatys_school_from_a_matrix_of_rounded_cells(self, reference_data, write, delimiter):
        golden = json.loads((reference_data / "golden" / "ahp.json").read_text(encoding="utf-8"))
        published = golden["saaty_school6_wang_chin_2011"]
        path = write("school.csv", csv_of(published["matrix"], NAMES, delimiter, digits=2))
        result = weighed(path)
        assert list(result.shares.values()) == pytest.approx(published["weights"], abs=1e-12)
        assert result.consistency.consistency_ratio == pytest.approx(published["CR"], abs=1e-12)

    @pytest.mark.parametrize(
        "text",
        [
            ",a,b,c\na,1,2,8\nb,1/2,1,4\nc,1/8,1/4,1\n",
            "\ufeff,a,b,c\r\na,,2,8\r\nb,,,4\r\n",
            "importance,b,c\na,2,8\nb,,4\n",
            ";a;b;c\na;1;2,0;8\nb;0,5;1;4\nc;0,125;0,25000;1\n",
            '"","c","b","a"\n"c","","0.25","0.125"\n"b","","","0.5"\n"a","","",""\n',
            ",a,b,c\n\na,1, 2 ,\nb,0.50,1,4\nc,,0.3,1\n".replace("0.3", "0.2"),
        ],
    )
    def test_halves_blanks_fractions_and_marks_of_spreadsheets(self, write, text):
        assert weighed(write("m.csv", text)).shares == pytest.approx({"a": 8 / 13, "b": 4 / 13, "c": 1 / 13})

    def test_a_workbook_is_refused_with_the_remedy(self):
        with pytest.raises(RiskmodelError, match=r"anna\.xlsx: is a table of another kind; save the matrix as CSV"):
            weighed("anna.xlsx")
        with pytest.raises(RiskmodelError, match=r"anna\.csv: is a table; these judgements are YAML or JSON"):
            weights_from_judgements("direct", "anna.csv", MODEL)

    def test_several_matrices_are_of_judges_with_the_names_of_their_files(self, write):
        paths = [write(f"{name}.csv", f",a,b\na,1,{ratio}\n") for name, ratio in (("anna", 2), ("ben", 8))]
        result = weighed(paths)
        assert result.shares == pytest.approx({"a": 0.8, "b": 0.2})
        assert list(result.consistency.judges) == ["anna", "ben"]

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            (
                ",a,b\na,1,3-Jan\n",
                "m.csv:2:5: pairs.a.b: should be a number from 1/1000 to 1000, or a fraction such as",
            ),
            (",a,b\na,1,3-Jan\n", "a spreadsheet makes dates of fractions: format its cells as text"),
            (",a,b\na,1,2024-03-01\n", "a spreadsheet makes dates"),
            (";a;b\na;1;2,333\n", "(with a decimal point); got '2,333'"),
            (",a,b\na,2,3\n", "m.csv:2:3: an input compared with itself is 1; got '2'"),
            (",a,b\na,1,3\nb,0.5,1\n", "pairs.b.a: duplicate pair with another ratio: 1/2 here, but 3 for a over b"),
            (",a,b\na,1,3\nb,3,1\n", "duplicate pair with another ratio: 3 here"),
            (",a,bb\na,1,3\n", "m.csv:1:4: pairs.a.bb: not an input of the score 'escalation'; did you mean 'b'?"),
            (",a,b,a\na,1,3,1\n", "m.csv:1:6: duplicate column 'a'"),
            (",a,b\na,1,3\na,1,3\n", "m.csv:3:1: duplicate row 'a'"),
            (",a,b\na,1,3,4\n", "m.csv:2:1: it has 4 cells; the header has 3"),
            ("a\n", "m.csv:1:1: the first line should name the inputs"),
            ("", "m.csv:1:1: the first line should name the inputs"),
            (",a,b\n", "pairs: should not be empty"),
            (",a,b,c\na,1,3,\nb,,1,\nc,,,1\n", "m.csv: no comparison links a, b with c; compare a with c"),
        ],
    )
    def test_an_error_in_a_matrix_has_line_and_column(self, write, text, message):
        with pytest.raises(RiskmodelError) as caught:
            weighed(write("m.csv", text))
        assert message in str(caught.value)

    @settings(max_examples=200, deadline=None)
    @given(st.text(alphabet='ab,;"\n\r\t1/.= ', max_size=60))
    def test_no_text_stops_the_reader(self, text):
        assert matrix_document(text, "m.csv").root is not None
