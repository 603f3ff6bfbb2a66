"""A score as a bullet gauge: its bands, its bounds, and where in them it lies."""

from collections.abc import Iterator
from itertools import pairwise

from riskmodel.assessment import ScoreResult
from riskmodel.report import figures
from riskmodel.report.html.markup import Html, element, text, together

_TOP, _BOTTOM = 8, 28
_NAMES, _TICKS = 44, 58
_NARROW, _LETTER = 264.0, 6.5
"""In pixels: the narrowest gauge, and what a letter takes in it."""
_LIGHTEST, _DARKEST = 0.10, 0.42


def gauge(score: ScoreResult, prefix: str, level: int = 3) -> Html:
    """One score: title, number, band, picture, bounds and coverage.

    Parameters
    ----------
    prefix : of ids.
    level : of the heading, 2 to 6.
    """
    bands = list(score.bands.items())
    fits = _names_fit(score)
    listed = ", ".join(f"{band} from {start:g}" for band, start in bands)
    return element(
        "div",
        element(f"h{level}", score.title),
        element("p", _reading(score), class_="reading"),
        _picture(score, listed, fits),
        element("p", f"Bands: {listed}", class_="bands", aria_hidden="true") if bands and not fits else "",
        element("p", figures.bounds_text(score), _needed(score), class_="bounds"),
        class_="gauge sub" if score.is_sub_score else "gauge",
        id=f"{prefix}score-{score.name}",
    )


def _reading(score: ScoreResult) -> Html:
    if score.reported is None:
        return together(
            element("strong", "No score", class_="none"), " ", element("span", score.status, class_="badge")
        )
    number = element("strong", figures.number(score.reported, score.decimals), class_="number")
    parts = [number, element("span", f"of {score.out_of:g}", class_="of")]
    if badge := figures.band_text(score):
        parts.append(element("span", badge, class_="badge"))
    if caveat := figures.caveat(score):
        parts.append(element("span", caveat, class_="caveat"))
    return Html(" ".join(parts))


def _needed(score: ScoreResult) -> str:
    return f", at least {score.min_coverage:.0%} needed" if score.reported is None else ""


def _picture(score: ScoreResult, listed: str, fits: bool) -> Html:
    told = f"{score.title}: {figures.headline(score)}; {figures.bounds_text(score)}."
    parts = [*_segments(score), *(_labels(score) if fits else ()), *_range(score)]
    if score.value is not None:
        at = place(score.value, score.out_of)
        parts += [_line(kind, at, at, _TOP - 5, _BOTTOM + 5, 4) for kind in ("halo", "mark")]
    return element(
        "svg",
        parts,
        class_="scale",
        role="img",
        aria_label=f"{told} Bands: {listed}." if listed else told,
        width="100%",
        height=(_ticks_at(score) if fits else _BOTTOM + 4) + 4,
    )


def place(value: float, out_of: float) -> str:
    """Where a value lies across a gauge."""
    return f"{100.0 * value / out_of:.4g}%"


def _spans(score: ScoreResult) -> Iterator[tuple[str, float, float]]:
    """Every band, with where it starts and ends; the whole score where there are none."""
    starts = [min(start, score.out_of) for start in score.bands.values()] or [0.0]
    names = list(score.bands) or [""]
    yield from ((name, *ends) for name, ends in zip(names, pairwise([*starts, score.out_of]), strict=True))


def _segments(score: ScoreResult) -> Iterator[Html]:
    """The bands, each darker than the one before it, so that they need no colour to be told apart."""
    spans = list(_spans(score))
    for number, (_, start, end) in enumerate(spans):
        share = number / (len(spans) - 1) if len(spans) > 1 else 0.4
        yield element(
            "rect",
            class_="band",
            x=place(start, score.out_of),
            y=_TOP,
            width=place(end - start, score.out_of),
            height=_BOTTOM - _TOP,
            fill="currentColor",
            fill_opacity=f"{_LIGHTEST + share * (_DARKEST - _LIGHTEST):.3g}",
        )
    yield element(
        "rect",
        class_="frame",
        x=0,
        y=_TOP,
        width="100%",
        height=_BOTTOM - _TOP,
        fill="none",
        stroke="currentColor",
    )
    for _, start, _ in spans[1:]:
        at = place(start, score.out_of)
        yield _line("edge", at, at, _TOP, _BOTTOM + 4, 1)


def _range(score: ScoreResult) -> Iterator[Html]:
    middle = (_TOP + _BOTTOM) / 2
    low, high = place(score.low, score.out_of), place(score.high, score.out_of)
    yield _line("range", low, high, middle, middle, 2)
    for end in (low, high):
        yield _line("range", end, end, middle - 5, middle + 5, 2)


def _line(kind: str, x1: str, x2: str, y1: float, y2: float, width: float) -> Html:
    return element("line", class_=kind, x1=x1, x2=x2, y1=y1, y2=y2, stroke="currentColor", stroke_width=width)


def _labels(score: ScoreResult) -> Iterator[Html]:
    ticks = _ticks_at(score)
    for name, start, end in _spans(score):
        if name:
            kind = "here" if name == score.band else "name"
            yield _label(place((start + end) / 2, score.out_of), _NAMES, "middle", kind, name)
        yield _label(place(start, score.out_of), ticks, "middle" if start else "start", "tick", f"{start:g}")
    yield _label("100%", ticks, "end", "tick", f"{score.out_of:g}")


def _ticks_at(score: ScoreResult) -> int:
    """How far down the numbers stand: below the names of the bands, where there are any."""
    return _TICKS if score.bands else _NAMES


def _label(x: str, y: float, anchor: str, kind: str, said: str) -> Html:
    return element("text", text(said), class_=kind, x=x, y=y, text_anchor=anchor, fill="currentColor", font_size=12)


def _names_fit(score: ScoreResult) -> bool:
    """Whether the names of all bands have room below them on a narrow screen; otherwise they are listed."""
    return all(
        max(len(name), len(f"{start:g}") + 1) * _LETTER <= _NARROW * (end - start) / score.out_of
        for name, start, end in _spans(score)
    )
