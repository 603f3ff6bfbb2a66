"""A score on its bands as a picture, and two scores on the same bands."""

from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise

from markupsafe import Markup

from riskmodel.assessment import ScoreResult
from riskmodel.report import formatting
from riskmodel.report.html.markup import escape_html
from riskmodel.report.html.svg import Anchor, Shape, letters, line, percent, responsive_image, shape
from riskmodel.schema.band_colours import band_colours
from riskmodel.schema.wording import plain_number

_WIDTH = 320
"""In pixels, where there is no style sheet."""
_NARROW = 280.0
"""Width in pixels down to which no two texts overlap."""
_MARGIN = 0.9
"""At either end in percent of the width, so that no mark is cut."""
_LETTER, _SMALL_LETTER, _GAP = 7.2, 6.6, 5
"""Width of a bold letter, of a digit, and between two texts, in pixels."""
_NAMES, _TOP, _BOTTOM, _TICKS, _HEIGHT = 13, 21, 41, 58, 64
"""Vertical positions: the base of names, the ends of the bands, the base of ticks, and the whole."""
_LOWER_NAMES, _PAIR_HEIGHT = 73, 80
_MARK, _HALO = 3.5, 7.5


def gauge(score: ScoreResult) -> Markup:
    """Draw a score on its bands: their names above, the ticks of their edges below, its bounds, and a mark.

    Where the names have no room, they are listed in a line below.
    """
    shapes = [*_names(score, score.band, _NAMES), *_bands(score), *_frames(score, score.band), *_ticks(score)]
    shapes += _bounds(score)
    if score.value is not None:
        shapes += _mark("mark", _across(score, score.value))
    alt = f"{score.title}: {formatting.headline(score)}; {formatting.bounds_text(score)}."
    picture = responsive_image(shapes, alt, _WIDTH, _HEIGHT, "scale")
    return picture + _list_of_bands(score) if _name_places(score) is None else picture


def paired_gauge(before: ScoreResult, after: ScoreResult, labels: tuple[str, str], change: str) -> Markup:
    """Draw two values of a score on its bands: a labelled mark for each, and a bar from one to the other.

    Parameters
    ----------
    before, after : results of the same score; those without a value have no mark.
    labels : names of the two, such as `A` and `B`.
    change : the colour of the bar, such as `worse`.
    """
    ends = [(label, score) for label, score in zip(labels, (before, after), strict=True) if score.value is not None]
    places = [_across(score, score.value or 0.0) for _, score in ends]
    shapes = [*_bands(after), *_frames(after, None), *_ticks(after), *_names(after, None, _LOWER_NAMES)]
    if len(ends) == 2:
        middle = (_TOP + _BOTTOM) / 2
        shapes += [
            line("halo", "paper", (places[0], places[1]), (middle, middle), 9),
            line("change", change, (places[0], places[1]), (middle, middle), 5),
        ]
    for (label, _), place in zip(ends, places, strict=True):
        shapes += _mark(f"mark-{'ab'[labels.index(label)]}", place)
    shapes += _mark_labels(
        [
            (f"{label} {formatting.number(score.reported or 0.0, score.decimals)}", x)
            for (label, score), x in zip(ends, places, strict=True)
        ]
    )
    readings = (f"{label} {formatting.score_text(score)}" for label, score in zip(labels, (before, after), strict=True))
    picture = responsive_image(shapes, f"{after.title}: {'; '.join(readings)}.", _WIDTH, _PAIR_HEIGHT, "scale")
    return picture + _list_of_bands(after) if _name_places(after) is None else picture


def _across(score: ScoreResult, value: float) -> float:
    """Return the position of a value in percent of the width."""
    return _MARGIN + (100 - 2 * _MARGIN) * value / score.out_of


def _edges(score: ScoreResult) -> list[float]:
    starts = [min(start, score.out_of) for start in score.bands.values()] or [0.0]
    return [*starts, score.out_of]


def _spans(score: ScoreResult) -> list[tuple[str, float, float]]:
    """Return the name and the ends of each band, in percent of the width; one without a name where there are none."""
    names = list(score.bands) or [""]
    places = [_across(score, edge) for edge in _edges(score)]
    return [(name, start, end) for name, (start, end) in zip(names, pairwise(places), strict=True)]


def _bands(score: ScoreResult) -> Iterator[Shape]:
    spans = _spans(score)
    colours = band_colours(len(spans), score.better) if score.bands else None
    for index, (_, start, end) in enumerate(spans):
        yield _box("band", start, end, fill=colours[index].fill if colours else "soft")


def _frames(score: ScoreResult, current: str | None) -> Iterator[Shape]:
    spans = _spans(score)
    for _, start, _ in spans[1:]:
        yield line("edge", "paper", (start, start), (_TOP, _BOTTOM), 1.5)
    yield _box("frame", spans[0][1], spans[-1][2], stroke="steel")
    for name, start, end in spans:
        if name and name == current:
            yield _box("here", start, end, stroke="ink", width=2.5)


def _box(kind: str, start: float, end: float, width: float = 1, **colours: str) -> Shape:
    place = {"x": percent(start), "width": percent(end - start), "y": _TOP, "height": _BOTTOM - _TOP}
    outline = {"stroke-width": width, "fill-opacity": 0} if "stroke" in colours else {}
    return shape("rect", kind, {**place, **outline}, **colours)


def _names(score: ScoreResult, current: str | None, base: float) -> Iterator[Shape]:
    """Yield the names of bands where all have room; else only that of the current band."""
    places = _name_places(score)
    if places is None:
        places = _name_places(score, [name for name in score.bands if name == current]) or {}
    for name, x in places.items():
        here = name == current
        yield letters(name, x, base, "middle", "ink" if here else "muted", is_bold=here)


def _name_places(score: ScoreResult, names: Collection[str] | None = None) -> dict[str, float] | None:
    """Return the middles of the names of bands, by default of all; None where they have no room."""
    spans = [span for span in _spans(score) if span[0] and (names is None or span[0] in names)]
    kept = [name for name, *_ in spans]
    places = _apart([(start + end) / 2 for _, start, end in spans], kept)
    return None if places is None else dict(zip(kept, places, strict=True))


def _list_of_bands(score: ScoreResult) -> Markup:
    return Markup('<p class="bounds">{}</p>').format(escape_html(formatting.bands_text(score)))


def _ticks(score: ScoreResult) -> Iterator[Shape]:
    """Yield a tick with its number at each edge of a band; a number that has no room is left out."""
    edges = _edges(score)
    numbers = [plain_number(edge) for edge in edges]
    places = [_across(score, edge) for edge in edges]
    widths = [100 * _SMALL_LETTER * (len(number) + 1) / _NARROW for number in numbers]
    free, last = 0.0, 100 - widths[-1]
    for index, (number, x, width) in enumerate(zip(numbers, places, widths, strict=True)):
        is_first, is_last = index == 0, index == len(edges) - 1
        left, right = (x, x + width) if is_first else (x - width / 2, x + width / 2)
        yield line("tick", "steel", (x, x), (_BOTTOM, _BOTTOM + 4), 1)
        if is_first or is_last or (left >= free and right <= last):
            anchor: Anchor = "start" if is_first else "end" if is_last else "middle"
            yield letters(number, x, _TICKS, anchor, "muted")
            free = right


def _bounds(score: ScoreResult) -> Iterator[Shape]:
    middle = (_TOP + _BOTTOM) / 2
    low, high = (_across(score, end) for end in (score.low, score.high))
    for kind, colour, width in (("halo", "paper", 5.0), ("range", "ink", 2.0)):
        yield line(kind, colour, (low, high), (middle, middle), width)
        for end in (low, high):
            yield line(kind, colour, (end, end), (middle - 5, middle + 5), width)


def _mark(kind: str, x: float) -> Iterator[Shape]:
    for own, colour, width in (("halo", "paper", _HALO), (kind, "ink", _MARK)):
        yield line(own, colour, (x, x), (_TOP - 5, _BOTTOM + 5), width)


def _mark_labels(labels: Sequence[tuple[str, float]]) -> Iterator[Shape]:
    """Yield texts above their marks; two that would overlap stand on either side of their marks."""
    ordered = sorted(labels, key=lambda label: label[1])
    texts, places = [text for text, _ in ordered], [place for _, place in ordered]
    middles = _apart(places, texts) or places
    widths = [100 * (len(text) * _LETTER + _GAP) / _NARROW for text in texts]
    if middles != places and len(places) == 2 and widths[0] <= places[0] and places[1] <= 100 - widths[1]:
        yield letters(texts[0], places[0], _NAMES, "end", "ink", shift=-_GAP / 2, is_bold=True)
        yield letters(texts[1], places[1], _NAMES, "start", "ink", shift=_GAP / 2, is_bold=True)
    else:
        for text, x in zip(texts, middles, strict=True):
            yield letters(text, x, _NAMES, "middle", "ink", is_bold=True)


def _apart(middles: Sequence[float], texts: Sequence[str]) -> list[float] | None:
    """Move texts aside so that none overlap.

    Parameters
    ----------
    middles : places in percent of the width, in ascending order.
    texts : in bold letters.

    Returns
    -------
    list[float] | None
        Their middles in percent; None where they have no room.
    """
    halves = [50 * (len(text) * _LETTER + _GAP) / _NARROW for text in texts]
    places: list[float] = []
    for index, (middle, half) in enumerate(zip(middles, halves, strict=True)):
        places.append(max(middle, places[-1] + halves[index - 1] + half if places else half))
    limit = 100.0
    for index in reversed(range(len(places))):
        places[index] = min(places[index], limit - halves[index])
        limit = places[index] - halves[index]
    return None if limit < 0 else places
