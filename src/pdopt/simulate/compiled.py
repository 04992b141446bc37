"""Compiling the event loop where numba is installed; without it the same source runs as plain Python."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])

numba: Any
try:
    import numba
except ImportError:
    COMPILED = False
else:
    COMPILED = not numba.config.DISABLE_JIT

PLAIN = {"error_model": "numpy", "_nrt": False}  # nothing is allocated, and nothing divided by zero
INNER = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}  # half of the time to compile


def compiled(function: Function) -> Function:
    """Compile a function that only compiled ones call."""
    made: Function = numba.njit(**PLAIN, **INNER)(function) if COMPILED else function
    return made


def entry(function: Function) -> Function:
    """Compile a function when it is first called, with all that it calls, and keep it where that can be written to."""
    if not COMPILED:
        return function
    made: Function
    try:
        made = numba.njit(**PLAIN, cache=True)(function)
    except RuntimeError:  # no folder for the cache
        made = numba.njit(**PLAIN)(function)
    return made
