"""Make the picture of the README, the page with an example: `python tests/page_picture.py`."""

import browsing
from console_blocks import ROOT

PICTURE = ROOT / "docs" / "images" / "page.png"


def main() -> None:
    """Start the service and a browser, and write the picture."""
    with browsing.service(ROOT / "examples" / "article_case.yaml") as address, browsing.browser() as chromium:
        visit = browsing.Visit(chromium, address)
        visit.page.screenshot(path=PICTURE)
        visit.close()


if __name__ == "__main__":
    main()
