"""Small models for cases worked by hand."""

import riskmodel


def load(scores, rules=None, **indicators):
    """Load a model of indicators that run from 0 to 10 unless they say otherwise."""
    names = {name for score in scores.values() for name in score["weights"]} - scores.keys()
    scales = {name: {"scale": {"goalposts": [0, 10]}} for name in names}
    return riskmodel.load_model(
        {"format": 1, "id": "by-hand", "indicators": scales | indicators, "scores": scores, "rules": rules or {}}
    )
