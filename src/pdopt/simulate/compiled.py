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


def compiled(function: Function) -> Function:
    """Compile a function to machine code when it is first called, kept on disk where that can be written to."""
    if not COMPILED:
        return function
    made: Function
    try:
        made = numba.njit(cache=True)(function)
    except RuntimeError:  # no folder for the cache
        made = numba.njit(function)
    return made
