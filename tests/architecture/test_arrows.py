"""Imports point down: a room knows itself and the rooms below it, and nothing knows a tool that is not its own."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src"
LEVELS = (  # top first; rooms of one level may not know each other, unless BESIDE says so
    ("cli",),
    ("studies", "render", "export"),
    ("simulate",),
    ("solving",),
    ("program",),
    ("plan",),
    ("capacity",),
    ("catalogue", "traces"),
    ("fleet",),
)
BESIDE = {("render", "studies")}  # sizes and comparisons are shown
HEIGHT = {room: -level for level, rooms in enumerate(LEVELS) for room in rooms}
TOOL_AT_HOME_IN = {
    "pyomo": "program",
    "highspy": "solving",
    "polars": "traces",
    "dask": "studies",
    "distributed": "studies",
}
ALONE = tuple(
    f"plan/{name}"
    for name in (
        "audit.py",
        "audit_changes.py",
        "audit_limits.py",
        "audit_losses.py",
        "audit_money.py",
        "audit_sites.py",
        "audit_ways.py",
        "conditions.py",
        "decode_pools.py",
        "deviations.py",
        "forecasts.py",
        "forward/",
        "headroom.py",
        "mixed_pools.py",
        "placement.py",
        "pools.py",
        "prefill_pools.py",
    )
)  # nothing is believed alone
NEVER_ALONE = {"pdopt.capacity", "pdopt.program", "pdopt.solving", "pyomo", "highspy", "scipy"}
SIMULATE_NEVER = {"pdopt.capacity", "pdopt.program", "pdopt.solving"}

FILES = sorted(SOURCE.glob("pdopt/*/**/*.py"))


def imports(file: Path) -> dict[str, int]:
    """Give every module a file imports, inside functions too, with the line."""
    found: dict[str, int] = {}
    package = file.relative_to(SOURCE).parent.parts
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name: node.lineno for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = (
                ".".join((*package[: len(package) + 1 - node.level], node.module or "")) if node.level else node.module
            )
            found |= {base: node.lineno} | {f"{base}.{alias.name}": node.lineno for alias in node.names}
    return found


def room(module: str) -> str | None:
    parts = module.split(".")
    return parts[1] if parts[0] == "pdopt" and len(parts) > 1 and parts[1] in HEIGHT else None


def within(module: str, banned: set[str]) -> bool:
    return any(module == name or module.startswith(f"{name}.") for name in banned)


def name_of(file: Path) -> str:
    return file.relative_to(SOURCE / "pdopt").as_posix()


def module_file(module: str) -> Path | None:
    path = SOURCE.joinpath(*module.split("."))
    return next((f for f in (path.with_suffix(".py"), path / "__init__.py") if f.exists()), None)


def test_every_room_has_a_level():
    rooms = {path.name for path in (SOURCE / "pdopt").iterdir() if (path / "__init__.py").exists()}
    assert rooms <= HEIGHT.keys()


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_imports_point_down(file):
    own = file.relative_to(SOURCE / "pdopt").parts[0]
    upward = [
        f"{name_of(file)}:{line} imports {module}"
        for module, line in imports(file).items()
        if (other := room(module)) not in (None, own) and (own, other) not in BESIDE and HEIGHT[other] >= HEIGHT[own]
    ]
    assert not upward


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_a_tool_is_known_in_its_own_room_only(file):
    own = file.relative_to(SOURCE / "pdopt").parts[0]
    known = {module.split(".")[0] for module in imports(file)}
    assert {tool for tool in known & TOOL_AT_HOME_IN.keys() if TOOL_AT_HOME_IN[tool] != own} == set()


def reached(file: Path) -> set[str]:
    """Give all modules that importing a file brings in, at module level or inside functions, through pdopt's own."""
    seen: set[str] = set()
    waiting = [file]
    while waiting:
        for module in imports(waiting.pop()):
            if module not in seen:
                seen.add(module)
                inner = module_file(module) if room(module) else None
                waiting += [inner] if inner else []
    return seen


@pytest.mark.parametrize("file", [f for f in FILES if name_of(f).startswith(ALONE)], ids=name_of)
def test_the_audit_shares_nothing_with_what_it_checks(file):
    assert sorted(module for module in reached(file) if within(module, NEVER_ALONE)) == []


@pytest.mark.parametrize("file", [f for f in FILES if name_of(f).startswith("simulate/")], ids=name_of)
def test_the_simulation_shares_nothing_with_what_it_checks(file):
    assert sorted(module for module in reached(file) if within(module, SIMULATE_NEVER)) == []
