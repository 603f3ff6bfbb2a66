"""Where the claims of a source are in a model."""

from collections.abc import Iterable

from riskmodel.spec.base import citations
from riskmodel.spec.model import ModelSpec


def homes_of(spec: ModelSpec, source: str, claim: str) -> list[str]:
    """The parts of a model that cite a claim, such as `rule misread_military_moves`."""
    sections: Iterable[tuple[str, dict[str, object]]] = (
        ("indicator", dict(spec.indicators)),
        ("score", dict(spec.scores)),
        ("rule", dict(spec.rules)),
        ("scenario", dict(spec.scenarios)),
    )
    homes = (
        f"{kind} {name}"
        for kind, parts in sections
        for name, part in parts.items()
        for cited in (part, getattr(part, "default", None))
        for cite in citations(getattr(cited, "cites", None))
        if cite.source == source and claim in cite.claims
    )
    return list(dict.fromkeys(homes))
