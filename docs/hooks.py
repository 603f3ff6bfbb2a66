"""Add pages from outside docs/ to the site, and rewrite their links, which are written for the repository."""

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parent.parent
PAGES = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "CHANGELOG.md": "changelog.md",
    "benchmarks/README.md": "benchmarks.md",
}
"""Pages of the repository outside docs/, with their names on the site."""

_LINK = re.compile(r"(!?)\[([^\]]*)\]\((?!https?:|#)([^)#\s]+)(#[^)]*)?\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages from outside docs/."""
    for source, name in PAGES.items():
        markdown = (ROOT / source).read_text(encoding="utf-8")
        files.append(File.generated(config, name, content=site_links(markdown, posixpath.dirname(source))))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Rewrite the links of a page of docs/ to files outside it."""
    return markdown if page.file.generated_by else site_links(markdown, "docs")


def site_links(markdown: str, folder: str) -> str:
    """Turn links that are relative to a folder of the repository into links of the site.

    A link to a file that is not on the site becomes its text.
    """

    def rewrite(link: re.Match[str]) -> str:
        image, text, path, anchor = link.groups(default="")
        target = posixpath.normpath(posixpath.join(folder, path))
        page = PAGES.get(target, target.removeprefix("docs/"))
        if target not in PAGES and not target.startswith("docs/"):
            return text
        return f"{image}[{text}]({page}{anchor})"

    return _LINK.sub(rewrite, markdown)
