"""AHP of the judgements in files: the weights of all judges together, and the consistency of each."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from riskmodel.analysis.results.weighting import AhpConsistency, DerivedWeights, InconsistentPair, Judge
from riskmodel.analysis.weighting.judgements import Comparisons, Pairs, beyond_scale, pair_ratio, ratio_text
from riskmodel.analysis.weighting.pairwise import (
    MAX_CONSISTENCY_RATIO,
    RANDOM_INDICES,
    AhpResult,
    geometric_mean,
    linked_parts,
    principal_weights,
)
from riskmodel.errors import RiskmodelError
from riskmodel.kernels.types import Floats


def ahp_weights(files: Sequence[tuple[Pairs, str]], names: Sequence[str], random_index: str) -> DerivedWeights:
    """Derive shares from the pairs of one judge, or from the geometric mean of those of several.

    Parameters
    ----------
    files : the content and the name of each file.
    names : the inputs that are compared in any.
    random_index : of the consistency ratio.

    Raises
    ------
    RiskmodelError
        If the comparisons do not link all inputs, or two judges have the same name.
    """
    judges = _judges(files)
    matrices = [_matrix(pairs, names) for _, pairs in judges.values()]
    matrix = geometric_mean(matrices) if len(judges) > 1 else matrices[0]
    if len(parts := linked_parts(matrix)) > 1:
        first, second = ([names[index] for index in part] for part in parts[:2])
        raise RiskmodelError(
            f"no comparison links {_listed(first)} with {_listed(second)}; compare {first[0]} with {second[0]}, for "
            "example"
        )
    result = principal_weights(matrix, random_index)
    several = len(judges) > 1
    own: dict[str, Judge] = {}
    details: dict[str, Mapping[str, float]] = {}
    warnings: list[str] = []
    for (name, (path, pairs)), judged in zip(judges.items(), matrices, strict=True):
        warnings += _doubts(pairs)
        if several:
            own[name], shares = _judge(pairs, judged, names, random_index)
            details |= {name: shares} if shares else {}
            warnings += _inconsistency(own[name].consistency_ratio, own[name].least_consistent, f"of {name}", path)
    path, pairs = next(iter(judges.values()))
    least = _least(result, matrix, names, None if several else pairs)
    if result.consistency_ratio is None:
        overall = [f"no random index is published for {len(names)} inputs, so there is no consistency ratio"]
    elif several:
        overall = list(_inconsistency(result.consistency_ratio, least, "of all together", ""))
    else:
        overall = list(_inconsistency(result.consistency_ratio, least, "", path))
    consistency = AhpConsistency(
        len(names),
        int(np.isnan(matrix).sum()) // 2,
        result.lambda_max,
        result.consistency_index,
        result.consistency_ratio,
        MAX_CONSISTENCY_RATIO,
        result.random_index,
        RANDOM_INDICES[random_index].source,
        least,
        own,
    )
    shares = dict(zip(names, result.weights.tolist(), strict=True))
    return DerivedWeights(shares, details, {}, consistency, tuple(dict.fromkeys(overall + warnings)))


def _judges(files: Sequence[tuple[Pairs, str]]) -> dict[str, tuple[str, Comparisons]]:
    """Return the key path and the comparisons of each judge by name; a file of one judge is named after the file."""
    judges: dict[str, tuple[str, Comparisons]] = {}
    for number, (content, source) in enumerate(files, 1):
        for path, pairs in content.by_judge():
            name = path[1] if len(path) > 1 else Path(source).stem or f"judge {number}"
            if name in judges:
                raise RiskmodelError(f"two judges are called {name!r}; rename a file or a judge")
            judges[name] = ".".join(path) if len(files) == 1 else f"{source}: {'.'.join(path)}", pairs
    return judges


def _matrix(pairs: Comparisons, names: Sequence[str]) -> Floats:
    ratios = [[1.0 if row == column else pair_ratio(pairs, row, column) for column in names] for row in names]
    matrix: Floats = np.array(ratios, dtype=np.float64)
    return matrix


def _judge(
    pairs: Comparisons, matrix: Floats, names: Sequence[str], random_index: str
) -> tuple[Judge, Mapping[str, float]]:
    """Return the consistency of a judge, and the shares of the inputs that this judge compared."""
    compared = np.flatnonzero(np.count_nonzero(~np.isnan(matrix), axis=1) > 1)
    own, own_names = matrix[np.ix_(compared, compared)], [names[index] for index in compared.tolist()]
    judged = (int(np.count_nonzero(~np.isnan(own))) - len(own)) // 2
    if not len(own) or len(linked_parts(own)) > 1:
        return Judge(len(own), judged, None, None), {}
    result = principal_weights(own, random_index)
    judge = Judge(len(own), judged, result.consistency_ratio, _least(result, own, own_names, pairs))
    return judge, dict(zip(own_names, result.weights.tolist(), strict=True))


def _least(
    result: AhpResult, matrix: Floats, names: Sequence[str], pairs: Comparisons | None = None
) -> InconsistentPair | None:
    """Return the least consistent judgement, in the direction in which one judge has it."""
    entry = result.least_consistent
    if entry is None:
        return None
    first, second = names[entry.row], names[entry.column]
    if pairs is not None and pairs.get(first, {}).get(second) is None:
        return InconsistentPair(second, first, float(matrix[entry.column, entry.row]), 1.0 / entry.fitting)
    return InconsistentPair(first, second, float(matrix[entry.row, entry.column]), entry.fitting)


def _inconsistency(ratio: float | None, least: InconsistentPair | None, whose: str, path: str) -> Iterator[str]:
    if ratio is not None and least is not None and ratio > MAX_CONSISTENCY_RATIO:
        pair = f"{path}.{least.first}.{least.second}" if path else f"{least.first} over {least.second}"
        yield (
            f"the consistency ratio {whose + ', ' if whose else 'of '}{ratio:.3f}{',' if whose else ''} is above "
            f"{MAX_CONSISTENCY_RATIO:.2f}; furthest from the others is {pair}: {ratio_text(least.judged)}, where they "
            f"imply {ratio_text(least.fitting)}"
        )


def _doubts(pairs: Comparisons) -> Iterator[str]:
    ratios = [ratio for others in pairs.values() for ratio in others.values() if ratio is not None]
    yield from beyond_scale(max((max(ratio, 1.0 / ratio) for ratio in ratios), default=1.0))


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:4]) + (", ..." if len(names) > 4 else "")
