"""An assessment as plain data, ready for JSON: exact values, and the reported ones beside them."""

from typing import Any

from riskmodel.assessment import Assessment, ModelIdentity, RuleResult, ScoreResult

_SCORE_KEYS = (
    *("title", "value", "reported", "band", "band_low", "band_high", "provisional", "status"),
    *("base", "coverage", "low", "high", "out_of"),
)


def assessment_data(assessment: Assessment) -> dict[str, Any]:
    """One element of the array that `riskmodel score --format json` prints."""
    return {
        "id": assessment.id,
        "title": assessment.title,
        "date": assessment.date,
        "description": assessment.description,
        "model": identity_data(assessment.model),
        "scores": {name: _score(assessment, score) for name, score in assessment.scores.items()},
        "rules": [_rule(rule) for rule in assessment.rules],
        "missing": list(assessment.missing),
        "assumed": list(assessment.assumed),
        "clamped": list(assessment.clamped),
        "inputs": {
            found.name: {
                "value": found.value,
                "used": found.used,
                "intensity": found.intensity,
                "note": found.note,
                "distribution": dict(found.distribution) or None,
                "changed": found.changed,
                "group": found.group,
            }
            for found in assessment.inputs
        },
        "doubts": list(assessment.doubts),
        "sources": list(assessment.sources),
    }


def identity_data(model: ModelIdentity) -> dict[str, Any]:
    """A model as plain data."""
    return {"id": model.id, "version": model.version, "fingerprint": model.fingerprint}


def _score(assessment: Assessment, score: ScoreResult) -> dict[str, Any]:
    return {
        **{key: getattr(score, key) for key in _SCORE_KEYS},
        "bands": dict(score.bands),
        "sub_score": score.is_sub_score,
        "account": [{"kind": kind, "name": name, "points": points} for kind, name, points in score.account],
        "by_group": [part._asdict() for part in assessment.by_group(score.name)],
    }


def _rule(rule: RuleResult) -> dict[str, Any]:
    return {
        "name": rule.name,
        "title": rule.title,
        "because": rule.because,
        "when": rule.when,
        "citations": list(rule.citations),
        "degree": rule.degree,
        "degree_high": rule.degree_high,
        "status": rule.status,
        "effects": [
            {"score": score, "kind": kind, "amount": amount, "points": points}
            for score, kind, amount, points in rule.effects
        ],
        "missing": list(rule.missing),
        "assumed": list(rule.assumed),
    }
