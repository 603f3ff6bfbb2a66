"""Assessments as HTML: one set of parts for the report in a file, the notebook, and the live page.

No part has an inline style or a script, so that the strictest Content-Security-Policy lets it through; what it looks
like is said by classes, in `assessment.css`. Pictures are images, and the text makes sense without a style sheet:
notebooks, word processors and mail programs drop styles and inline SVG.
"""
