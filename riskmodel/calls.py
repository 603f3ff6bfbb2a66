"""Calls that cannot be meant: a sentence with the right one, in place of a bare TypeError."""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from riskmodel.model import Model

P = ParamSpec("P")
R = TypeVar("R")

_MODELS = ("model", "first", "second")
"""Parameters that take a model."""


def call_as(*right: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Decorate a function so that a model in the wrong place, or too many arguments, name the right calls.

    Parameters
    ----------
    right : the calls, such as `rank(situations, model=model)`.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        places = [
            parameter.name
            for parameter in inspect.signature(function).parameters.values()
            if parameter.kind is parameter.POSITIONAL_OR_KEYWORD
        ]

        @wraps(function)
        def checked(*args: P.args, **kwargs: P.kwargs) -> R:
            misplaced = any(
                isinstance(value, Model) and name not in _MODELS for name, value in zip(places, args, strict=False)
            )
            if misplaced or len(args) > len(places):
                given = ", ".join(type(value).__name__ for value in args)
                raise TypeError(f"call it as {', or as '.join(right)}; got {function.__name__}({given})")
            return function(*args, **kwargs)

        return checked

    return decorate
