"""The brief for word processors: its words and numbers, its styles and properties, and its pages in LibreOffice."""

import io
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zipfile import ZipFile

import docx
import needs
import pytest
from command import run

import riskmodel
from riskmodel.report import formatting
from riskmodel.report.account import account_groups
from riskmodel.report.brief_docx import docx_document
from riskmodel.report.summary import summary
from riskmodel.schema.band_colours import band_colours

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def assessed(default_model):
    (situation,) = riskmodel.read_situations(EXAMPLES / "article_case.yaml")
    return default_model.assess(situation)


@pytest.fixture(scope="module")
def content(assessed):
    return docx_document([assessed])


@pytest.fixture(scope="module")
def document(content):
    return docx.Document(io.BytesIO(content))


def cells(table):
    return [[cell.text for cell in row.cells] for row in table.rows]


def test_its_headings_are_headings(document, assessed):
    headings = [(part.style.name, part.text) for part in document.paragraphs if part.style.name != "Normal"]
    assert headings[:2] == [("Title", assessed.heading), ("Subtitle", assessed.date)]
    for heading in ("Where the points come from", "Rules that fired", "Doubts", "Sources", "Model"):
        assert ("Heading 1", heading) in headings


def test_scores_stand_with_their_sentences_beside_their_bands_in_colour(document, assessed):
    table = document.tables[0]
    for row, score in zip(table.rows[1:], assessed.top_scores, strict=True):
        title, number, band, meaning = (cell.text for cell in row.cells)
        assert title == score.title
        assert number == f"{formatting.number(score.reported, score.decimals)} of {score.out_of:g}"
        assert band == formatting.band_text(score)
        assert meaning == f"{summary(assessed, score)}\n{formatting.bounds_text(score)}"
        colour = band_colours(len(score.bands), score.better)[list(score.bands).index(score.band)]
        assert f'w:fill="{colour.fill[1:]}"' in row.cells[2]._tc.xml


def test_accounts_are_those_of_all_other_views(document, assessed):
    for table, score in zip(document.tables[1:], assessed.top_scores, strict=True):
        rows = cells(table)[1:]
        groups = account_groups(assessed, score)
        titles = [row[0] for row in rows]
        for group in groups:
            start = titles.index(group.title)
            for line, row in zip(group.lines, rows[start + 1 :], strict=False):
                assert row[:2] == [line.label, line.given]
                assert row[2].split(" of ")[0] == line.points
        assert rows[-1] == ["Sum", "", formatting.number(score.reported, score.decimals)]
        heads = [float(row[2].split(" of ")[0]) for row in rows if row[0] in {group.title for group in groups}]
        assert sum(heads) == pytest.approx(score.reported)


def test_rules_missing_values_and_sources_are_named(document, assessed):
    text = "\n".join(part.text for part in document.paragraphs)
    for entry in formatting.fired_rules(assessed):
        assert f"{entry.rule.title}: {entry.degree}, {entry.effects}" in text
        assert entry.rule.because in text
        assert "; ".join(entry.rule.citations) in text
    for heading, named in formatting.missing_remarks(assessed):
        assert f"{heading}: {named}" in text
    for line in (*formatting.origin_lines([assessed]), *assessed.doubts, *assessed.sources):
        assert line in text


def test_the_picture_has_its_numbers_as_text(document, assessed):
    (picture,) = document.inline_shapes
    text = picture._inline.docPr.get("descr")
    for score in assessed.top_scores:
        assert f"{score.title} {formatting.headline(score)}; {formatting.bounds_text(score)}" in text


def test_properties_are_those_of_the_situation(document, assessed):
    properties = document.core_properties
    assert properties.title == assessed.heading
    assert properties.language == "en-GB"
    assert properties.created.replace(tzinfo=UTC) == datetime(2026, 10, 1, tzinfo=UTC)
    assert properties.comments == ""


def test_a_long_title_is_whole_in_the_text_and_shortened_in_the_properties(default_model):
    title = "A title that goes on " * 15 + "to its end"
    document = docx.Document(io.BytesIO(docx_document([default_model.assess({}, title=title)])))
    assert title in [paragraph.text for paragraph in document.paragraphs]
    # Word refuses properties of more than 255 characters.
    assert document.core_properties.title == title[:255]


def test_equal_briefs_are_equal_files(content, assessed):
    assert docx_document([assessed]) == content
    assert {entry.date_time for entry in ZipFile(io.BytesIO(content)).infolist()} == {(1980, 1, 1, 0, 0, 0)}


@pytest.mark.parametrize("date", [None, "last spring", "2026-13"])
def test_without_a_date_there_is_no_time_in_the_properties(default_model, date):
    assessment = default_model.assess({"military_activity": 7}, title="a\x1bb")
    brief = docx_document([replace(assessment, date=date)])
    core = ZipFile(io.BytesIO(brief)).read("docProps/core.xml").decode()
    assert "created" not in core
    assert r"a\x1bb" in core


def test_several_situations_begin_with_their_scores(default_model, assessed):
    calm = default_model.assess(default_model.scenarios["increased_cooperation"])
    document = docx.Document(io.BytesIO(docx_document([assessed, calm])))
    assert cells(document.tables[0])[1:] == [list(row) for row in formatting.comparison_rows([assessed, calm])]
    titles = [part.text for part in document.paragraphs if part.style.name == "Title"]
    assert titles == ["Situations side by side", assessed.heading, calm.heading]


def test_the_command_writes_the_brief(tmp_path, content):
    done = run("score", EXAMPLES / "article_case.yaml", "-o", tmp_path / "brief.docx")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "brief.docx").read_bytes() == content
    printed = run("score", EXAMPLES / "article_case.yaml", "--format", "docx", data=b"")
    assert printed.stdout == content


@pytest.mark.office
def test_its_pages_in_libreoffice_have_scores_and_badges(tmp_path, content, assessed):
    needs.tools(["lowriter", "pdftotext"], "RISKMODEL_NEEDS_OFFICE")
    (tmp_path / "brief.docx").write_bytes(content)
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = ["lowriter", "--headless", profile, "--convert-to", "pdf", "brief.docx"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=120)
    first = ["pdftotext", "-l", "1", "-layout", tmp_path / "brief.pdf", "-"]
    words = " ".join(subprocess.run(first, check=True, capture_output=True, text=True).stdout.split())
    assert assessed.heading in words
    for score in assessed.top_scores:
        assert f"{formatting.number(score.reported, score.decimals)} of {score.out_of:g}" in words
        assert formatting.band_text(score) in words
