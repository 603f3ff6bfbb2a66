"""A score as a bullet gauge: its bands, its bounds, and where in them it lies."""

from collections.abc import Iterator
from itertools import pairwise

from riskmodel.assessment import ScoreResult
from riskmodel.report import figures
from riskmodel.report.html.images import FONT, drawing, image, paint
from riskmodel.report.html.markup import Html, element, text, together

_TOP, _BOTTOM = 8, 28
_WIDE, _MARGIN = 320, 2
_NAMES, _LETTER = 44, 6.5
"""In pixels: how far down the names of the bands stand, and what a letter of them takes."""
_LIGHTEST, _DARKEST = 0.10, 0.42
_MARK = (("halo", "paper", 8), ("mark", "ink", 4))


def gauge(score: ScoreResult, prefix: str, level: int = 3) -> Html:
    """One score: title, number, band, picture, bounds and coverage.

    Parameters
    ----------
    prefix : of ids.
    level : of the heading, 2 to 6.
    """
    return element(
        "div",
        element(f"h{level}", score.title),
        element("p", _reading(score), class_="reading"),
        _picture(score),
        element("p", figures.bounds_text(score), _needed(score), class_="bounds"),
        element("p", "Bands: ", _listed(score), class_="bands") if score.bands else "",
        class_="gauge sub" if score.is_sub_score else "gauge",
        id=f"{prefix}score-{score.name}",
    )


def _reading(score: ScoreResult) -> Html:
    if score.reported is None:
        return together(
            element("strong", "No score", class_="none"), " ", element("span", score.status, class_="badge")
        )
    number = element("strong", figures.number(score.reported, score.decimals), class_="number")
    badge, caveat = figures.band_text(score), figures.caveat(score)
    parts = [number, element("span", f"of {score.out_of:g}{',' if badge else ''}", class_="of")]
    if badge:
        parts.append(element("span", badge, class_="badge"))
    if caveat:
        parts.append(element("span", f"({caveat})", class_="caveat"))
    return Html(" ".join(parts))


def _needed(score: ScoreResult) -> str:
    return f", at least {score.min_coverage:.0%} needed" if score.reported is None else ""


def _listed(score: ScoreResult) -> Iterator[Html]:
    """The bands in words, the one that the score is in stressed."""
    for number, (band, start) in enumerate(score.bands.items()):
        words = f"{band} from {start:g}"
        yield together(", " if number else "", element("strong", words) if band == score.band else words)


def _picture(score: ScoreResult) -> Html:
    names = list(_labels(score)) if _names_fit(score) else []
    parts = [*_segments(score), *names, *_range(score)]
    if score.value is not None:
        at = _place(score.value, score)
        parts += [_line(kind, colour, at, at, _TOP - 5, _BOTTOM + 5, width) for kind, colour, width in _MARK]
    return image(
        drawing(parts, _WIDE, _NAMES + 6 if names else _BOTTOM + 8, _MARGIN),
        f"{score.title}: {figures.headline(score)}; {figures.bounds_text(score)}.",
        _WIDE + 2 * _MARGIN,
        _NAMES + 6 if names else _BOTTOM + 8,
        "scale",
    )


def _place(value: float, score: ScoreResult) -> float:
    """Where a value lies across the picture."""
    return _WIDE * value / score.out_of


def _spans(score: ScoreResult) -> Iterator[tuple[str, float, float]]:
    """Every band, with where it starts and ends; the whole score where there are none."""
    starts = [min(start, score.out_of) for start in score.bands.values()] or [0.0]
    names = list(score.bands) or [""]
    yield from ((name, *ends) for name, ends in zip(names, pairwise([*starts, score.out_of]), strict=True))


def _segments(score: ScoreResult) -> Iterator[Html]:
    """The bands, each darker than the one before it, so that they need no colour to be told apart."""
    spans = list(_spans(score))
    box = {"y": _TOP, "height": _BOTTOM - _TOP}
    for number, (_, start, end) in enumerate(spans):
        share = number / (len(spans) - 1) if len(spans) > 1 else 0.4
        yield element(
            "rect",
            x=_digits(_place(start, score)),
            width=_digits(_place(end - start, score)),
            fill_opacity=f"{_LIGHTEST + share * (_DARKEST - _LIGHTEST):.3g}",
            **box,
            **paint("band", fill="steel"),
        )
    yield element("rect", x=0, width=_WIDE, fill_opacity=0, **box, **paint("frame", stroke="steel"))
    for _, start, _ in spans[1:]:
        at = _place(start, score)
        yield _line("edge", "steel", at, at, _TOP, _BOTTOM + 4, 1)


def _range(score: ScoreResult) -> Iterator[Html]:
    middle = (_TOP + _BOTTOM) / 2
    low, high = _place(score.low, score), _place(score.high, score)
    yield _line("range", "bound", low, high, middle, middle, 2)
    for end in (low, high):
        yield _line("range", "bound", end, end, middle - 5, middle + 5, 2)


def _line(kind: str, colour: str, x1: float, x2: float, y1: float, y2: float, width: float) -> Html:
    return element(
        "line", x1=_digits(x1), x2=_digits(x2), y1=y1, y2=y2, stroke_width=width, **paint(kind, stroke=colour)
    )


def _digits(length: float) -> str:
    return f"{length:.5g}"


def _labels(score: ScoreResult) -> Iterator[Html]:
    for name, start, end in _spans(score):
        is_here = name == score.band
        yield element(
            "text",
            text(name),
            x=_digits(_place((start + end) / 2, score)),
            y=_NAMES,
            text_anchor="middle",
            font_size=12,
            font_family=FONT,
            font_weight="bold" if is_here else None,
            **paint("here" if is_here else "name", fill="ink" if is_here else "muted"),
        )


def _names_fit(score: ScoreResult) -> bool:
    """Whether the names of all bands have room below them."""
    return bool(score.bands) and all(
        len(name) * _LETTER <= _place(end - start, score) for name, start, end in _spans(score)
    )
