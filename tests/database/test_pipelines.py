"""The examples of docs/pipelines.md, as they stand there."""

import os
import re
import subprocess
import sys
from datetime import date, timedelta

import pytest
from batch_runs import ROOT

BLOCKS = re.findall(r"```(\w+)\n(.*?)```", (ROOT / "docs" / "pipelines.md").read_text(encoding="utf-8"), re.DOTALL)
CRON, BRIEF, DAG, MODEL_OF_DBT, COUNT, BETWEEN = (text for _, text in BLOCKS)
INDICATORS = ["military_activity", "espionage", "communication_frequency", "trade_disruption"]


@pytest.fixture
def command(tmp_path):
    """A command `riskmodel` of this project, in a folder of its own."""
    path = tmp_path / "bin" / "riskmodel"
    path.parent.mkdir()
    path.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m riskmodel "$@"\n', encoding="utf-8")
    path.chmod(0o755)
    return path


def shell(text, folder, **environment):
    """Run a script with hardly any environment, as cron does."""
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "SHELL": "/bin/sh"} | environment
    return subprocess.run(
        ["/bin/sh", "-c", text], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def fill(store, rows=250, espionage=-1):
    columns = ", ".join(f"{name} double precision" for name in INDICATORS)
    store.run(f"create table months (id bigint, day date, {columns})")
    days = (date.today() - timedelta(days=1 + number) for number in range(rows))
    values = [f"({number}, '{day}', 5, 10, 3, 20)" for number, day in enumerate(days)]
    values += [f"(-1, '2020-01-01', 5, {espionage}, 3, 20)", "(-2, '2999-01-01', 5, 5, 5, 5)"]
    store.run(f"insert into months values {', '.join(values)}")


def nightly(command, store, folder):
    replaced = {
        "postgresql://risk@db.example/warehouse": f"'{store.url}'",
        "/opt/riskmodel/bin/riskmodel": str(command),
        "/srv/risk": str(folder),
    }
    text = CRON
    for old, new in replaced.items():
        assert old in text
        text = text.replace(old, new)
    path = folder / "nightly.sh"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def test_the_job_of_cron_replaces_the_scores_and_prints_nothing(server, command, tmp_path):
    fill(server)
    job = nightly(command, server, tmp_path)
    for _ in range(2):
        done = shell(job, tmp_path)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert server.run("select count(*), count(distinct run_id) from scores") == [(250, 1)]
        assert server.run('select id, "column" from score_rejects') == [("-1", "espionage")]
    assert (tmp_path / "nightly.json").exists()


def test_the_job_of_cron_keeps_the_scores_on_a_bad_night(server, command, tmp_path):
    fill(server, rows=20)
    job = nightly(command, server, tmp_path)
    assert shell(job, tmp_path).returncode == 1  # one row of 21 is more than 1%
    before = server.run("select * from scores order by id")
    server.run("truncate months")
    done = shell(job, tmp_path)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 2
    assert "the query has no rows; nothing was written" in done.stderr
    assert server.run("select * from scores order by id") == before


def test_a_day_that_is_added_twice_is_refused_by_the_key(server, command, tmp_path):
    fill(server, espionage=1)
    words = '--query "select * from months where day = current_date - 1" --if-exists append'
    assert f"    {words}\n" in (ROOT / "docs" / "pipelines.md").read_text(encoding="utf-8")
    job = f"{command} batch '{server.url}' {words} -o '{server.url}' --table scores --quiet"
    assert shell(job, tmp_path).returncode == 0
    server.run("alter table scores add primary key (id, day)")
    done = shell(job, tmp_path)
    assert done.returncode == 2
    assert "duplicate key value violates unique constraint" in done.stderr


def test_the_brief_is_mailed_with_its_alerts_in_the_subject(command, tmp_path):
    (tmp_path / "bin" / "mail").write_text('#!/bin/sh\necho "$2 to $3"; cat > mailed.md\n', encoding="utf-8")
    (tmp_path / "bin" / "mail").chmod(0o755)
    text = BRIEF.replace("/opt/riskmodel/bin/riskmodel", str(command)).replace("/srv/risk", str(tmp_path))
    path = f"{command.parent}:/usr/bin:/bin"

    def brief(months):
        rows = [
            f"north-south,2026-{month:02},{activity},{contacts},20,30"
            for month, (activity, contacts) in enumerate(months, start=1)
        ]
        header = "pair,month,military_activity,communication_frequency,espionage,trade_disruption"
        (tmp_path / "months.csv").write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
        done = shell(text, tmp_path, PATH=path)
        return done, (tmp_path / "mailed.md").read_text(encoding="utf-8")

    done, mailed = brief([(2, 10), (2, 10)])
    assert (done.returncode, done.stdout, done.stderr) == (0, "Risk brief to analysts@example.org\n", "")
    assert "no score of 1 unit has changed" in mailed
    done, mailed = brief([(3, 10), (2, 10), (10, 0)])
    assert done.stdout == "ALERT: risk brief to analysts@example.org\n"
    assert "crossed a band upward" in mailed
    assert "2 earlier scores were revised" in mailed  # both scores of the first month
    kept = (tmp_path / "last.csv").read_text(encoding="utf-8")
    (tmp_path / "months.csv").write_text("pair,month,military_activity\nnorth-south,soon,3\n", encoding="utf-8")
    done = shell(text, tmp_path, PATH=path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "'soon' is not a time" in done.stderr
    assert (tmp_path / "last.csv").read_text(encoding="utf-8") == kept


def test_the_file_for_airflow_is_python_whose_command_runs(server, command, tmp_path):
    compile(DAG, "scores.py", "exec")
    fill(server)
    assert set(re.findall(r"{{ (.*?) }}", DAG)) == {
        "ds",
        *(f"conn.warehouse.{part}" for part in ("login", "host", "port", "schema", "password")),
    }
    text = re.search(r'SCORE = """\n(.*?)"""', DAG, re.DOTALL)[1].encode().decode("unicode_escape")
    text = text.replace("{{ ds }}", date.today().isoformat())
    path = f"{command.parent}:/usr/bin:/bin"
    done = shell(text, tmp_path, PATH=path, WAREHOUSE=server.url)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("{")
    assert "\n" not in done.stdout
    assert '"rejected": 1' in done.stdout
    assert shell(text.replace("from months", "from nothere"), tmp_path, PATH=path, WAREHOUSE=server.url).returncode == 2


def test_the_model_for_dbt_has_the_numbers_of_riskmodel(duckdb_file, command, tmp_path):
    pytest.importorskip("sqlglot")
    fill(duckdb_file)
    (tmp_path / "models").mkdir()
    done = shell(MODEL_OF_DBT, tmp_path, PATH=f"{command.parent}:/usr/bin:/bin")
    assert (done.returncode, done.stderr) == (0, "")
    model = (tmp_path / "models" / "scores.sql").read_text(encoding="utf-8")
    assert model.count("{{ ref('months') }}") == 1
    assert not set(re.findall(r"{[{%#]", model)) - {"{{"}
    query = model.replace("{{ ref('months') }}", "months")
    duckdb_file.run(f"create view scores as {query}")
    count = re.sub(r"{{ config.*}}\n", "", COUNT).replace("{{ ref('scores') }}", "scores")
    assert [row for (row, _) in duckdb_file.run(count)] == [-1]
    options = "-m core-four --table batch --rejects bad --quiet"
    job = f"{command} batch '{duckdb_file.url}' --query 'select * from months' -o '{duckdb_file.url}' {options}"
    assert shell(job, tmp_path).returncode == 1
    select = "select id, escalation from {} where id <> -1 order by id"
    scores = [duckdb_file.run(select.format(table)) for table in ("scores", "batch")]
    assert scores[0] == scores[1]


def test_the_run_between_two_runs_of_dbt_is_a_source(duckdb_file, command, tmp_path):
    fill(duckdb_file)
    os.rename(duckdb_file.path, tmp_path / "warehouse.duckdb")
    (command.parent / "dbt").write_text("#!/bin/sh\nexit 0\n", encoding="utf-8")
    (command.parent / "dbt").chmod(0o755)
    done = shell(f"set -e\n{BETWEEN}", tmp_path, PATH=f"{command.parent}:/usr/bin:/bin")
    assert (done.returncode, done.stderr) == (0, "")
    duckdb_file.path = tmp_path / "warehouse.duckdb"
    assert duckdb_file.run("select count(escalation_drivers) from scores") == [(251,)]
