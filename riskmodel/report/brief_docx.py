"""A brief on assessments as a document of a word processor (Office Open XML)."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import riskmodel
from riskmodel.assessment import Assessment, ScoreResult
from riskmodel.errors import escape_control, single_line
from riskmodel.extras import require
from riskmodel.report import formatting
from riskmodel.report.account import account_groups, points_text
from riskmodel.report.card import draw_gauges
from riskmodel.report.plotting import figure_bytes
from riskmodel.report.sheet import INK, LINE, MUTED
from riskmodel.report.summary import summary
from riskmodel.schema.band_colours import band_colours

if TYPE_CHECKING:
    from docx.document import Document
    from docx.table import Table, _Cell
    from docx.text.paragraph import Paragraph

_LANGUAGE = "en-GB"
_FONT, _SIZE = "Calibri", 10.5
_SIZES = {"Title": 20, "Subtitle": 12, "Heading 1": 15, "Heading 2": 12}
_TABLE = "Account"
_MARGIN, _WIDTH = 20, 170
"""Of a page of A4, in millimetres."""
_DATE = re.compile(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?")
_PROPERTY = 255
"""Most characters of a property of a document."""
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time of a file in an archive; the same for all, so that equal briefs are equal files."""


def docx_document(assessments: Sequence[Assessment]) -> bytes:
    """Return a brief on one or more situations: scores, accounts, what is missing, rules that fired, and sources.

    Raises
    ------
    RiskmodelError
        python-docx or matplotlib is not installed.
    """
    require("office")
    from docx import Document

    document = Document()
    _set_up(document, assessments)
    if len(assessments) > 1:
        _paragraph(document, _title(assessments), "Title")
        _all_scores(document, assessments)
    for assessment in assessments:
        if len(assessments) > 1:
            document.add_page_break()
        _situation(document, assessment)
    _keep_rows_whole(document)
    out = BytesIO()
    document.save(out)
    return _reproducible(out.getvalue())


def _title(assessments: Sequence[Assessment]) -> str:
    return assessments[0].heading if len(assessments) == 1 else "Situations side by side"


def _set_up(document: "Document", assessments: Sequence[Assessment]) -> None:
    """Set page, styles, footer and properties."""
    from docx.shared import Mm, Pt, RGBColor

    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Mm(_MARGIN)
    for name, size in {"Normal": _SIZE, **_SIZES}.items():
        style = document.styles[name]
        style.font.name, style.font.size = _FONT, Pt(size)
        style.font.color.rgb = RGBColor.from_string(INK[1:])
        style.font.italic = False
        fonts = style.element.rPr.rFonts
        for key in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(_qualified(f"w:{key}"), None)
    document.styles["Normal"].paragraph_format.space_after = Pt(4)
    document.styles["Title"].font.bold = True
    title = document.styles["Title"].element.pPr
    for border in title.findall(_qualified("w:pBdr")):
        title.remove(border)
    _add_table_style(document)
    for language in document.styles.element.iter(_qualified("w:lang")):
        language.set(_qualified("w:val"), _LANGUAGE)
    footer = section.footer.paragraphs[0]
    models = ", ".join(dict.fromkeys(assessment.model.line for assessment in assessments))
    _run(footer, f"Made with riskmodel {riskmodel.__version__}; {models}. Page ", size=8.5, colour=MUTED)
    _add_page_number(footer)
    _set_properties(document, assessments)


def _add_page_number(paragraph: "Paragraph") -> None:
    from docx.oxml import OxmlElement

    number = OxmlElement("w:fldSimple")
    number.set(_qualified("w:instr"), "PAGE")
    _run(paragraph, "1", size=8.5, colour=MUTED)
    number.append(paragraph.runs[-1]._r)
    paragraph._p.append(number)


def _set_properties(document: "Document", assessments: Sequence[Assessment]) -> None:
    relations = document.part.package.rels
    for key in [key for key, relation in relations.items() if relation.reltype.endswith("/thumbnail")]:
        del relations[key]  # a picture of another document
    properties = document.core_properties
    properties.title = _text(_title(assessments))[:_PROPERTY]
    properties.subject = _text("; ".join(map(formatting.headlines, assessments)))[:_PROPERTY]
    properties.author = f"riskmodel {riskmodel.__version__}"
    properties.comments, properties.language = "", _LANGUAGE
    date = max((assessment.date or "" for assessment in assessments), default="")
    created = _moment(date)
    for name in ("created", "modified"):
        if created is not None:
            setattr(properties, name, created)
            continue
        for element in properties._element.findall(_qualified(f"dcterms:{name}")):
            properties._element.remove(element)


def _moment(date: str) -> datetime | None:
    """Return the beginning of a date such as `2026`, `2026-10` or `2026-10-31`; None for any other text."""
    match = _DATE.fullmatch(date)
    if match is None:
        return None
    year, month, day = (int(part or 1) for part in match.groups())
    try:
        return datetime(year, month, day, tzinfo=UTC)
    except ValueError:
        return None


def _add_table_style(document: "Document") -> None:
    """Add a table style with thin horizontal lines."""
    from docx.enum.style import WD_STYLE_TYPE
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    style = document.styles.add_style(_TABLE, WD_STYLE_TYPE.TABLE)
    line = f'w:val="single" w:sz="4" w:space="0" w:color="{LINE[1:]}"'
    borders = "".join(f"<w:{side} {line}/>" for side in ("top", "bottom", "insideH"))
    margins = '<w:tblCellMar><w:left w:w="60" w:type="dxa"/><w:right w:w="60" w:type="dxa"/></w:tblCellMar>'
    style.element.append(
        parse_xml(f"<w:tblPr {nsdecls('w')}><w:tblBorders>{borders}</w:tblBorders>{margins}</w:tblPr>")
    )


def _all_scores(document: "Document", assessments: Sequence[Assessment]) -> None:
    _paragraph(document, "All scores", "Heading 1")
    table = _table(document, formatting.COMPARISON_HEADINGS, (46, 28, 20, 32, 25, 19))
    for row in formatting.comparison_rows(assessments):
        for cell, text in zip(table.add_row().cells, row, strict=True):
            _run(_only_paragraph(cell), text, size=9)


def _situation(document: "Document", assessment: Assessment) -> None:
    _paragraph(document, assessment.heading, "Title")
    if assessment.date:
        _paragraph(document, assessment.date, "Subtitle")
    if assessment.description:
        _paragraph(document, assessment.description)
    _scores(document, assessment)
    _gauges(document, assessment)
    for heading, text in formatting.missing_remarks(assessment):
        paragraph = document.add_paragraph()
        _run(paragraph, f"{heading}: ", bold=True)
        _run(paragraph, text)
    _paragraph(document, "Where the points come from", "Heading 1")
    for score in assessment.top_scores:
        _paragraph(document, score.title, "Heading 2")
        _account(document, assessment, score)
    _rules(document, assessment)
    for heading, items in formatting.lists(assessment):
        _paragraph(document, heading, "Heading 1")
        for item in items:
            _paragraph(document, item, "List Bullet")
    _paragraph(document, "Model", "Heading 1")
    for line in formatting.origin_lines([assessment]):
        _paragraph(document, line)


def _scores(document: "Document", assessment: Assessment) -> None:
    """Add a row for each score: its number, its band in the colour of the band, and its sentence."""
    table = _table(document, ("Score", "Reported", "Band", "What it means"), (30, 32, 30, 78))
    for score in assessment.top_scores:
        cells = table.add_row().cells
        title, number, band, sentence = map(_only_paragraph, cells)
        _run(title, score.title, bold=True)
        if score.reported is None:
            _run(number, "No score", bold=True)
            _run(band, score.status)
        else:
            _run(number, formatting.number(score.reported, score.decimals), bold=True, size=14)
            _run(number, f" of {score.out_of:.10g}", colour=MUTED)
            _badge(cells[2], band, score)
        _run(sentence, summary(assessment, score))
        line = cells[3].add_paragraph()
        _run(line, formatting.bounds_text(score), size=9, colour=MUTED)


def _badge(cell: "_Cell", paragraph: "Paragraph", score: ScoreResult) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    if score.band is None:
        return
    colour = band_colours(len(score.bands), score.better)[list(score.bands).index(score.band)]
    _run(paragraph, formatting.band_text(score), bold=True, colour=colour.text)
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _shade(cell, colour.fill)


def _gauges(document: "Document", assessment: Assessment) -> None:
    from docx.shared import Mm, Pt

    paragraph = document.add_paragraph()
    paragraph.paragraph_format.space_before = Pt(10)
    content = figure_bytes(draw_gauges(assessment), ".png")
    picture = paragraph.add_run().add_picture(BytesIO(content), width=Mm(_WIDTH))
    texts = (
        f"{score.title} {formatting.headline(score)}; {formatting.bounds_text(score)}"
        for score in assessment.top_scores
    )
    for side in "LRTB":
        # Without these, word processors add a margin.
        picture._inline.set(f"dist{side}", "0")
    picture._inline.docPr.set("descr", _text(f"{'. '.join(texts)}."))
    picture._inline.docPr.set("title", "Scores on their bands")


def _account(document: "Document", assessment: Assessment, score: ScoreResult) -> None:
    groups = account_groups(assessment, score)
    if not groups:
        _paragraph(document, formatting.score_text(score))
        return
    table = _table(document, ("From", "Given", "Points"), (82, 60, 28), numbers=(2,))
    for group in groups:
        _account_row(table, group.title, group.remark, points_text(group.points, group.possible), bold=True)
        for line in group.lines:
            _account_row(table, line.label, line.given, points_text(line.points, line.possible))
        if group.small:
            points = points_text(group.small_points, group.small_possible)
            _account_row(table, group.small_title, "", points)
    assert score.reported is not None  # noqa: S101  (it has an account)
    _account_row(table, "Sum", "", formatting.number(score.reported, score.decimals), bold=True)


def _account_row(table: "Table", label: str, given: str, points: str, *, bold: bool = False) -> None:
    cells = [_only_paragraph(cell) for cell in table.add_row().cells]
    _run(cells[0], label, bold=bold, size=9.5)
    _run(cells[1], given, size=9.5, colour=MUTED)
    _run(cells[2], points, bold=bold, size=9.5)
    _align_right(cells[2])


def _rules(document: "Document", assessment: Assessment) -> None:
    from docx.shared import Pt

    _paragraph(document, "Rules that fired", "Heading 1")
    fired = formatting.fired_rules(assessment)
    if not fired:
        _paragraph(document, "None.")
    for entry in fired:
        paragraph = document.add_paragraph()
        paragraph.paragraph_format.space_before = Pt(8)
        paragraph.paragraph_format.keep_with_next = bool(entry.rule.because or entry.rule.citations)
        _run(paragraph, entry.rule.title, bold=True)
        _run(paragraph, f": {entry.degree}, {entry.effects}")
        if entry.rule.because:
            _paragraph(document, entry.rule.because)
        if entry.rule.citations:
            _run(source := document.add_paragraph(), "Drawn from ", colour=MUTED)
            _run(source, "; ".join(entry.rule.citations), colour=MUTED, italic=True)


def _table(
    document: "Document", headings: Sequence[str], widths: Sequence[float], numbers: Sequence[int] = ()
) -> "Table":
    """Add a table with a row of headings, which is repeated on each page; widths are in millimetres."""
    from docx.oxml import OxmlElement
    from docx.shared import Mm

    table = document.add_table(1, len(headings), style=_TABLE)
    table.autofit = False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Mm(width)
    row = table.rows[0]
    row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    for index, (cell, heading) in enumerate(zip(row.cells, headings, strict=True)):
        paragraph = _only_paragraph(cell)
        _run(paragraph, heading, size=9, colour=MUTED)
        if index in numbers:
            _align_right(paragraph)
    return table


def _keep_rows_whole(document: "Document") -> None:
    from docx.oxml import OxmlElement

    for table in document.tables:
        for row in table.rows:
            row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))


def _only_paragraph(cell: "_Cell") -> "Paragraph":
    from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT
    from docx.shared import Pt

    cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
    paragraph = cell.paragraphs[0]
    paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Pt(1.5)
    return paragraph


def _align_right(paragraph: "Paragraph") -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT


def _shade(cell: "_Cell", colour: str) -> None:
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    shade = parse_xml(f'<w:shd {nsdecls("w")} w:val="clear" w:color="auto" w:fill="{colour[1:]}"/>')
    # The schema has an order.
    cell._tc.get_or_add_tcPr().insert_element_before(shade, "w:noWrap", "w:tcMar", "w:vAlign", "w:hideMark")


def _paragraph(document: "Document", text: str, style: str = "Normal") -> "Paragraph":
    return document.add_paragraph(_text(text), style=style)


def _run(
    paragraph: "Paragraph", text: str, *, bold: bool = False, italic: bool = False, size: float = 0, colour: str = ""
) -> None:
    from docx.shared import Pt, RGBColor

    run = paragraph.add_run(_text(text))
    run.bold, run.italic = bold or None, italic or None
    if size:
        run.font.size = Pt(size)
    if colour:
        run.font.color.rgb = RGBColor.from_string(colour[1:].upper())


def _text(text: str) -> str:
    """Return a text in one line, with control characters, which XML does not allow, as escapes."""
    return escape_control(single_line(text))


def _qualified(name: str) -> Any:
    from docx.oxml.ns import qn

    return qn(name)


def _reproducible(content: bytes) -> bytes:
    """Return an archive with the same files, whose times do not tell when it was made."""
    out = BytesIO()
    with ZipFile(BytesIO(content)) as archive, ZipFile(out, "w") as copy:
        for name in archive.namelist():
            copy.writestr(ZipInfo(name, _EPOCH), archive.read(name), ZIP_DEFLATED)
    return out.getvalue()
