"""The objective and the columns: dollars per hour of the nodes; instances and nodes are whole, rates are not."""

from math import inf

from tests.samples import lane, table_of
from tests.witness import plain

from pdopt.program.build import build
from pdopt.program.matrix import compile_matrix


def test_only_nodes_cost_and_only_counts_are_whole():
    table = table_of(
        lanes=[lane("M", "mixed", "A", 8, {("chat", ""): 0.5}), lane("N", "mixed", "B", 8, {("chat", ""): 0.4})],
        nodes=[("A", 8, 40.0, 3), ("B", 8, 0.0, None)],
        required_rps={"chat": 5.0},
    )
    matrix = compile_matrix(build(table))
    columns = {
        plain(name): (float(matrix.cost[i]), bool(matrix.whole[i]), float(matrix.lower[i]), float(matrix.upper[i]))
        for name, i in matrix.column_of.items()
    }
    # nobody needs more than 5 x 0.5 = 2.5 -> 3 instances of M, 5 x 0.4 = 2 -> 3 of N
    # (one more than a whole number, so that a solver's tolerance makes nothing impossible)
    assert columns == {
        ("Nodes", "A"): (40.0, True, 0.0, inf),
        ("Nodes", "B"): (0.0, True, 0.0, inf),
        ("Instances", "M"): (0.0, True, 0.0, 3.0),
        ("Instances", "N"): (0.0, True, 0.0, 3.0),
        ("Routed_rps", ("M", "chat", "")): (0.0, False, 0.0, 5.0),
        ("Routed_rps", ("N", "chat", "")): (0.0, False, 0.0, 5.0),
    }
