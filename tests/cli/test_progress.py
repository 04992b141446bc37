"""Progress of a solve on standard error, and Ctrl-C: the best plan so far, with its proof."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from itertools import pairwise

import pytest
import yaml
from benchmarks.scale.fleets import document
from tests.cli.test_commands import INSTANCES, pdopt_
from tests.samples import fleet_of

import pdopt
from pdopt.cli.progress import _Lines, watched, words
from pdopt.plan.audit import audit
from pdopt.solving.watch import COST, ELSEWHERE, VALUE, Progress, Watch

EASY = INSTANCES / "textbook/mm1.yaml"
COMMAND = [sys.executable, "-c", "from pdopt.cli import main; main()", "solve"]


@pytest.fixture(scope="module")
def hard():
    """Minutes of work for HiGHS, with a first plan after a moment."""
    return document(6, 6, seed=3)


@pytest.fixture
def heard():
    """Ctrl-C as in a shell's foreground: where the tests run in the background, it is ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_words_name_what_is_known():
    assert words(Progress(COST, 12.4, 829.13, 820.6)) == (
        "12 s, best plan $829.13 per hour, none below $820.60 per hour, gap 1.03 %"
    )
    assert words(Progress(COST, 2.0, None, 820.6)) == "2 s, no plan yet, none below $820.60 per hour"
    assert words(Progress(VALUE, 2.0, 0.5, None)) == "2 s, best plan 1,800 of value per hour"
    assert words(Progress(ELSEWHERE, 3.0, 8.0, 8.0)).endswith("none below 8.0 GPUs on SKUs not preferred, gap 0.00 %")


def test_a_pipe_hears_nothing_at_first_and_then_ever_less(capsys):
    lines = _Lines()
    for second in range(400):
        lines(Progress(COST, float(second), 2.0, 1.0))
    heard = [int(line.split()[0]) for line in capsys.readouterr().err.splitlines()]
    assert heard == [10, 20, 40, 80, 140, 200, 260, 320, 380]


def test_bounds_rise_plans_fall_and_a_stop_keeps_the_best(hard):
    seen: list[Progress] = []
    watch = Watch()

    def tell(progress: Progress) -> None:
        seen.append(progress)
        if progress.gap is not None and progress.gap < 0.3:
            watch.stop()

    watch.tell = tell
    fleet = fleet_of(hard)
    plan = pdopt.solve(fleet, time_limit_s=60, watch=watch)
    assert plan.status == "feasible"
    assert plan.effort.total_s < 30
    assert not audit(fleet, plan)
    assert plan.bound_per_hour < plan.cost_per_hour
    assert all(later.bound >= earlier.bound for earlier, later in pairwise(seen))
    costs = [progress.best for progress in seen if progress.best is not None]
    assert costs == sorted(costs, reverse=True)
    assert plan.cost_per_hour <= costs[-1] * (1 + 1e-7)


def test_a_stop_before_any_plan_says_so(hard):
    watch = Watch()
    watch.stop()
    answer = pdopt.solve(fleet_of(hard), watch=watch)
    assert answer.status == "unknown"
    assert "stopped before a plan was found" in answer.reasons[0].sentence


def test_handlers_are_put_back(heard):
    before = signal.getsignal(signal.SIGINT)

    def solve(watch: Watch) -> None:
        watch.solving = True
        signal.raise_signal(signal.SIGINT)
        assert watch.stopped
        signal.raise_signal(signal.SIGINT)

    for work in (lambda watch: signal.raise_signal(signal.SIGINT), solve):
        with pytest.raises(KeyboardInterrupt):
            watched(True, work)
        assert signal.getsignal(signal.SIGINT) is before


def test_quick_solves_say_nothing_in_a_pipe():
    assert pdopt_("solve", str(EASY)).stderr == pdopt_("solve", str(EASY)).stderr
    assert "best plan" not in pdopt_("solve", str(EASY)).stderr
    assert not pdopt_("solve", str(EASY), "--quiet").stderr


@pytest.mark.parametrize(
    ("when", "ends"),
    [
        ("best plan", {(0, "feasible")}),
        ("reading", {(4, "unknown"), (0, "feasible")}),  # on a busy machine the solver has begun when it arrives
    ],
)
def test_ctrl_c_on_a_terminal(hard, tmp_path, when, ends):
    file = tmp_path / "fleet.yaml"
    file.write_text(yaml.safe_dump(hard, sort_keys=False))
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, str(file), "--json", "--time-limit", "100"],
        stdout=subprocess.PIPE,
        stderr=theirs,
        env=os.environ | {"TERM": "xterm", "COLUMNS": "200"},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # as from a shell
    )
    os.close(theirs)
    said = _read_until(ours, when)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    os.close(ours)
    answer = json.loads(out)
    assert (process.returncode, answer["status"]) in ends, said
    if when == "best plan":
        assert re.search(r"best plan \$[\d,.]+ per hour, none below \$[\d,.]+ per hour, gap [\d.]+ %", said)
        assert 0 < answer["bound_per_hour"] < answer["cost_per_hour"]
        assert answer["gap"] == pytest.approx(1 - answer["bound_per_hour"] / answer["cost_per_hour"])


def _read_until(terminal: int, words: str, seconds: float = 60.0) -> str:
    said, ends = "", time.monotonic() + seconds
    while words not in said:
        assert time.monotonic() < ends, said
        if select.select([terminal], [], [], 0.1)[0]:
            said += os.read(terminal, 4096).decode(errors="replace")
    return said


def test_the_same_fleet_has_the_same_plan(tmp_path):
    file = tmp_path / "fleet.yaml"
    file.write_text(yaml.safe_dump(document(2, 4, seed=5), sort_keys=False))
    plans = []
    for seed in ("1", "2"):  # of Python's hashes, which order sets
        env = os.environ | {"PYTHONHASHSEED": seed}
        out = subprocess.run([*COMMAND, str(file), "--json", "-q"], env=env, capture_output=True, check=True).stdout
        plan = json.loads(out)
        assert plan["status"] == "optimal"
        plans.append({key: value for key, value in plan.items() if key != "effort"})
    assert plans[0] == plans[1]
