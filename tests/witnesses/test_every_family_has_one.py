"""A constraint family is a file, a function in the table of contents, a documented component, and a witness."""

from pathlib import Path

import pyomo.environ as pyo
import pytest
from tests.samples import lane, table_of

import pdopt.program.constraints as constraints
from pdopt.program.build import FAMILIES, build

HERE = Path(__file__).parent
FILES = sorted(file.stem for file in Path(constraints.__file__).parent.glob("*.py") if file.stem != "__init__")


@pytest.fixture(scope="module")
def program():
    lanes = [
        lane("P", "prefill", "A", 4, {("chat", "hand"): 0.5}),
        lane("D", "decode", "A", 4, {("chat", "hand"): 0.2}),
        lane("M", "mixed", "A", 8, {("chat", ""): 0.9}),
    ]
    return build(table_of(lanes, [("A", 8, 40.0, 3)], {"chat": 5.0}))


@pytest.mark.parametrize("family", FILES)
def test_every_family_has_a_witness(family):
    witness = HERE / f"test_{family}.py"
    assert witness.exists(), f"write {witness.name}: the rows of {family}, by hand"
    assert f'rows_of(table, "{family}")' in witness.read_text(encoding="utf-8")


def test_every_family_is_in_the_table_of_contents():
    assert sorted(family.__name__ for family in FAMILIES) == [f"add_{name}" for name in FILES]


def test_a_family_adds_the_component_it_is_named_after(program):
    assert sorted(c.local_name for c in program.component_objects(pyo.Constraint)) == FILES


@pytest.mark.parametrize("kind", [pyo.Set, pyo.Var, pyo.Constraint, pyo.Objective])
def test_every_component_says_what_it_is(program, kind):
    components = [c for c in program.component_objects(kind) if not c.local_name.endswith("_index")]
    assert components
    assert [c.local_name for c in components if not (c.doc or "").strip()] == []
