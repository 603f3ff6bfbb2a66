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
    return [
        f"{kind} {name}"
        for kind, parts in sections
        for name, part in parts.items()
        for cite in citations(getattr(part, "cites", None))
        if cite.source == source and claim in cite.claims
    ]
