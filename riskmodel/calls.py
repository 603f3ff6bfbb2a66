"""Clear TypeErrors for calls with misplaced arguments, which name the right call."""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from riskmodel.model import Model

P = ParamSpec("P")
R = TypeVar("R")

_MODELS = ("model", "first", "second")
"""Parameters that accept a model."""


def call_as(*right: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Decorate a function so that a misplaced model or surplus arguments raise a TypeError that names the right calls.

    Parameters
    ----------
    right : the calls, such as `rank(situations, model=model)`.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        positional = [
            parameter.name
            for parameter in inspect.signature(function).parameters.values()
            if parameter.kind is parameter.POSITIONAL_OR_KEYWORD
        ]

        @wraps(function)
        def checked(*args: P.args, **kwargs: P.kwargs) -> R:
            misplaced = any(
                isinstance(value, Model) and name not in _MODELS for name, value in zip(positional, args, strict=False)
            )
            if misplaced or len(args) > len(positional):
                given = ", ".join(type(value).__name__ for value in args)
                raise TypeError(f"call it as {', or as '.join(right)}; got {function.__name__}({given})")
            return function(*args, **kwargs)

        return checked

    return decorate
