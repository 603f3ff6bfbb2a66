"""A report in LibreOffice Writer: its pages have the figures, and the words in order."""

import re
import subprocess
from pathlib import Path

import needs
import pytest

import riskmodel
from riskmodel.report.html.full_report import report_document
from riskmodel.report.html.svg import colours
from riskmodel.report.summary import summary

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def paper(tmp_path_factory, default_model):
    """Convert a report on a situation with ranges to PDF with Writer."""
    needs.tools(["lowriter", "pdftotext", "pdftoppm"], "RISKMODEL_NEEDS_OFFICE")
    folder = tmp_path_factory.mktemp("writer")
    (situation,) = riskmodel.read_situations(EXAMPLES / "article_case.yaml")
    report = report_document([(default_model, situation)])
    (folder / "report.html").write_text(report, encoding="utf-8")
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = ["lowriter", "--headless", profile, "--convert-to", "pdf:writer_web_pdf_Export", "report.html"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=120)
    return folder / "report.pdf"


def text_of(paper):
    done = subprocess.run(["pdftotext", "-raw", str(paper), "-"], check=True, capture_output=True, text=True)
    return " ".join(done.stdout.split())


def test_its_words_are_separate(paper, default_model):
    text = text_of(paper)
    (situation,) = riskmodel.read_situations(EXAMPLES / "article_case.yaml")
    assessment = default_model.assess(situation)
    for score in assessment.scores.values():
        assert f"{score.title} {score.reported:.1f} of 100 {score.band} {summary(assessment, score)}" in text
    assert "Points, as a running sum" in text
    assert "Points kept of possible" in text
    assert "Military activity 4 to 7, likely 5 (0-10 scale)" in text
    assert "How sure the scores are" in text
    # Nothing runs into the next: no letter follows a figure but in units and fingerprints.
    assert not re.findall(r"\b\d+(?:\.\d+)?(?:low|guarded|elevated|high|severe|fragile|strained)\b", text)


def test_its_figures_have_the_light_colours(paper):
    from matplotlib.image import imread

    # The gauges, and the accounts of both scores.
    pages = paper.parent / "page"
    subprocess.run(["pdftoppm", "-l", "4", "-r", "60", "-png", str(paper), str(pages)], check=True, capture_output=True)
    light, dark = colours()
    painted = dict.fromkeys(("steel", "base", "worse"), 0)
    for page in paper.parent.glob("page-*.png"):
        pixels = (imread(page)[..., :3] * 255).round().astype(int)
        for name in painted:
            expected = [int(light[name][start : start + 2], 16) for start in (1, 3, 5)]
            painted[name] += int((abs(pixels - expected).max(axis=-1) <= 3).sum())
            unexpected = [int(dark[name][start : start + 2], 16) for start in (1, 3, 5)]
            assert (abs(pixels - unexpected).max(axis=-1) <= 3).sum() < 20, (page.name, name)
    assert min(painted.values()) > 50, painted
