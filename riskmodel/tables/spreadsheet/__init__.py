"""Workbooks: sheets, headings, cells, and what their XML has beside them."""
