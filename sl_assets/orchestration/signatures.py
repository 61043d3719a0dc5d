"""What Dagster asks of the functions of ops, made cheap to answer."""

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


def read_once(function: F) -> F:
    """The same function, its signature worked out once.

    Dagster asks for the signature of an op's function some fifteen times, and evaluates its annotations eight times: together
    a sixth of what a project with thousands of assets takes to start. Nothing hangs on what the function returns, a generator.
    """
    function.__annotations__.pop("return", None)
    vars(function)["__signature__"] = inspect.signature(function)
    return function
