"""The interface, the method, the rulebook, the evidence and the glossary as pages of the service."""

import re
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from serving import ROOT, client, problem_of

import riskmodel
from riskmodel.web.markdown import as_page

PAGES = ("", "/method", "/rulebook", "/evidence", "/glossary")

MODEL = """
format: 1
id: mine
title: A *title* <b>with</b> markup
indicators:
  x: {title: "Cells | and <script>", scale: {goalposts: [0, 10]}}
scores:
  s: {weights: {x: 1}}
"""


class Page(HTMLParser):
    """Addresses of links, ids, tags and text of a page."""

    def __init__(self, text):
        super().__init__()
        self.links, self.ids, self.tags, self.attributes, self.words = [], [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.tags.append(tag)
        self.attributes += given
        self.links += [given[name] for name in ("href", "src") if name in given]
        self.ids += [given["id"]] if "id" in given else []

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


@pytest.fixture(scope="module")
def service(default_model):
    with client(default_model) as app_client:
        yield app_client


def page_at(service, path):
    answer = service.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/html")
    return Page(answer.text)


@pytest.mark.parametrize("name", PAGES)
def test_every_link_leads_somewhere(service, name):
    page = page_at(service, f"/docs{name}")
    assert len(page.ids) == len(set(page.ids))
    for link in page.links:
        target = urlsplit(urljoin(f"http://localhost/docs{name}", link))
        assert target.netloc == "localhost", "the documents name no other hosts"
        reached = page if not link.partition("#")[0] else page_at_any(service, target.path)
        assert not target.fragment or target.fragment in reached.ids, link


def page_at_any(service, path):
    answer = service.get(path)
    assert answer.status_code == 200, path
    return Page(answer.text)


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_inline_that_the_policy_forbids(service, name):
    page = page_at(service, f"/docs{name}")
    assert not {"style", "onclick"} & set(page.attributes)
    assert not {"style", "script"} & set(page.tags)


@pytest.mark.parametrize("name", ["/method", "/evidence", "/glossary"])
def test_a_page_has_all_words_of_its_document(service, name):
    text = page_at(service, f"/docs{name}").text
    document = (ROOT / "docs" / f"{name[1:]}.md").read_text(encoding="utf-8")
    # Words of sentences, without the marks of Markdown.
    for line in re.findall(r"^[A-Z][a-z ,]{30,}\.$", document, re.MULTILINE):
        assert line in text
    assert "<!--" not in text
    for heading in re.findall(r"^#+ ([\w ,.:]+)$", document, re.MULTILINE):
        assert heading in text


def test_the_rulebook_is_that_of_the_served_model(service, write, default_model):
    text = page_at(service, "/docs/rulebook").text
    assert default_model.identity.title in text
    for rule in default_model.spec.rules.values():
        assert rule.title in text
    with client(riskmodel.load_model(write("m.yaml", MODEL))) as own:
        page = page_at(own, "/docs/rulebook")
        assert "A *title* <b>with</b> markup" in page.text
        assert "Cells | and <script>" in page.text
        assert not {"script", "b"} & set(page.tags)


def test_pages_name_the_model_and_what_it_is_drawn_from(service, default_model):
    for name in PAGES:
        text = page_at(service, f"/docs{name}").text
        assert default_model.identity.line in text
        assert default_model.spec.sources["article"].title in text


def test_another_model_has_no_evidence(service, write):
    notice = "The evidence is for the default model"
    assert notice not in page_at(service, "/docs/evidence").text
    assert "../docs/evidence" in page_at(service, "/docs/method").links
    with client(riskmodel.load_model(write("m.yaml", MODEL))) as own:
        assert notice in page_at(own, "/docs/evidence").text
        assert "../docs/evidence" not in page_at(own, "/docs/rulebook").links
    changed = riskmodel.load_model().spec.model_dump(by_alias=True, exclude_unset=True)
    changed["version"] = "99"
    with client(riskmodel.load_model(changed)) as own:
        assert notice in page_at(own, "/docs/evidence").text, "the id alone does not make it the default model"


def test_an_unknown_document_is_not_there(service):
    for path in ("/docs/nothing", "/docs/method.md", "/docs/api"):
        assert "method" in problem_of(service.get(path), 404)["detail"]


def test_links_to_documents_that_are_not_served_become_text():
    text = "# T\n\n[here](a.md#part), [there](b.md), [up](../a.md), [by *name*](x.md) and [out](https://example.org)\n"
    page = as_page(text, {"a"})
    assert page.title == "T"
    out = '<a href="https://example.org">out</a>'
    assert page.body.strip() == f'<p><a href="a#part">here</a>, there, up, by <em>name</em> and {out}</p>'


def test_headings_have_anchors_of_their_own():
    page = as_page("# T\n\n## A `b`: c\n\n### Same\n\n### Same\n\n## !\n", ())
    assert [tuple(item) for item in page.contents] == [("A b: c", "a-b-c"), ("!", "part")]
    assert re.findall(r'id="([^"]*)"', page.body) == ["a-b-c", "same", "same-2", "part"]


def test_columns_of_numbers_are_aligned_without_styles():
    page = as_page("# T\n\n| | n |\n| --- | ---: |\n| a | 1 |\n", ())
    assert "style" not in page.body
    assert '<td class="number">1</td>' in page.body
    assert "<th></th>" not in page.body
    assert '<th class="number">n</th>' in page.body


@pytest.mark.parametrize("name", PAGES)
def test_pages_are_accessible_and_fit_narrow_screens(chrome, address, name):
    for scheme in ("light", "dark"):
        context = chrome.new_context(viewport={"width": 390, "height": 800}, color_scheme=scheme)
        page, complaints = context.new_page(), []
        page.on("console", lambda message, into=complaints: into.append(message.text))
        page.goto(f"{address}/docs{name}")
        assert Axe().run(page).response["violations"] == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        sizes = "[...document.querySelectorAll('main *')].map((part) => parseFloat(getComputedStyle(part).fontSize))"
        assert min(page.evaluate(sizes)) >= 12
        assert complaints == []
        context.close()
