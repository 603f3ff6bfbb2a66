"""The page's routes for cells pasted from a spreadsheet, and for the names of states."""

import pytest
from serving import client, problem_of


@pytest.fixture(scope="module")
def service(default_model):
    with client(default_model) as app_client:
        yield app_client


def states(service, first, second="", date=""):
    answer = service.get("/page/states", params={"first": first, "second": second, "date": date})
    assert answer.status_code == 200
    return answer.json()


def test_a_pasted_row_of_a_pair_is_named_by_its_states_and_its_date(service):
    text = "pair\tperiod\tMilitary activity\tEspionage\tremark\nUSA-RUS\tOct 2026\t7\t1,5\tx\n"
    answer = service.post("/page/row", text.encode()).json()
    assert answer["values"] == {"military_activity": 7.0}
    assert answer["about"] == {"title": "United States and Russia", "id": "usa_rus_2026_10", "date": "2026-10"}
    fault, other = answer["left_out"]
    assert fault["reason"] == "should be a number; got '1,5'; it has a decimal comma; --decimal , reads it"
    assert other == {"column": "remark", "value": "x", "reason": "not an indicator"}
    answer = service.post("/page/row?decimal=,", text.encode()).json()
    assert answer["values"] == {"military_activity": 7.0, "espionage": 1.5}


def test_hints_to_options_that_a_single_row_does_not_have_are_left_out(service):
    answer = service.post("/page/row", b"espionage\tmilitary_activity\n..\t7\n").json()
    assert answer["left_out"] == [{"column": "espionage", "value": "..", "reason": "should be a number; got '..'"}]


def test_own_titles_and_ids_of_a_pasted_row_are_kept(service):
    text = "dyad\tid\ttitle\tespionage\nNorth-South\ta1\tOurs\t3\n"
    answer = service.post("/page/row", text.encode()).json()
    assert answer["about"] == {"title": "Ours", "id": "a1"}
    answer = service.post("/page/row", b"dyad\tespionage\nNorth and South\t3\n").json()
    assert answer["about"] == {"title": "North and South"}


def test_cells_that_cannot_be_read_are_a_problem(service):
    assert "there are no cells" in problem_of(service.post("/page/row", b""), 422)["detail"]
    assert "UTF-8" in problem_of(service.post("/page/row", b"\xff\t1"), 400)["detail"]
    assert "decimal" in problem_of(service.post("/page/row?decimal=x", b"espionage\t1"), 422)["detail"]


@pytest.mark.parametrize(
    ("first", "second"), [("usa", "Russia"), ("US", "rus"), ("united states", "Russian Federation")]
)
def test_two_states_by_name_or_code_give_title_and_id(service, first, second):
    answer = states(service, first, second, "2026-10")
    assert answer["names"] == ["United States (USA)", "Russia (RUS)"]
    assert answer["about"] == {"title": "United States and Russia", "id": "usa_rus_2026_10"}
    assert states(service, first, second)["about"]["id"] == "usa_rus"


def test_wrong_names_of_states_get_the_nearest(service):
    answer = states(service, "Rusia", "Greenland")
    assert answer["names"] == [None, None]
    assert "did you mean 'Russia'?" in answer["faults"][0]
    assert answer["faults"][1] == "'Greenland' is a place but no state"
    assert answer["about"] is None
    assert states(service, "USA", "us")["faults"] == [None, "United States is the first state already"]
    assert states(service, "", "") == {"names": [None, None], "faults": [None, None], "about": None}


def test_existing_states_are_listed(service):
    names = service.get("/page/state-names").json()
    assert {"United States", "Russia", "South Sudan"} < set(names)
    assert not {"Zanzibar", "South Vietnam"} & set(names)
    assert len(names) == len(set(names)) > 190
