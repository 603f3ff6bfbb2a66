"""HTML of assessments, shared by the report in a file, notebooks, and the page of the service.

It has no inline styles or scripts, as strict Content-Security-Policies require; `assessment.css` has the styles.
Figures are images, and the text is readable without a style sheet, because notebooks, word processors and mail
programs drop styles and inline SVG.
"""
