"""Ctrl-C at chosen points: standard output has a whole answer or nothing, and nobody sees a traceback."""

from __future__ import annotations

import json
import logging
import signal
from contextlib import suppress
from unittest import mock

import pytest
import rich.live
import typer
from pyomo.core.base.var import VarData
from tests.cli.test_commands import INSTANCES
from typer.testing import CliRunner

import pdopt
import pdopt.solving.solve
from pdopt.cli.app import app
from pdopt.cli.ctrl_c import CtrlC

EASY = str(INSTANCES / "textbook/mm1.yaml")


@pytest.fixture(autouse=True)
def _heard():
    """As in a shell's foreground: where the tests run in the background, Ctrl-C is ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def press(*_: object, **__: object) -> None:
    signal.raise_signal(signal.SIGINT)


def spoil(*_: object) -> None:
    try:
        press()
    except BaseException as error:
        raise ValueError("a library that knows better") from error


def swallow(*_: object) -> None:
    with suppress(BaseException):
        press()


def pressed_at(monkeypatch, place, name, how=press, *, after=False):
    """Have Ctrl-C pressed once as something is called, or as it comes back."""
    real, ways = getattr(place, name), [how]

    def called(*args, **keys):
        if not after and ways:
            ways.pop()()
        answer = real(*args, **keys)
        if after and ways:
            ways.pop()()
        return answer

    monkeypatch.setattr(place, name, called)
    return ways


def run(*words: str):
    before = signal.getsignal(signal.SIGINT)
    result = CliRunner().invoke(app, words)
    assert signal.getsignal(signal.SIGINT) is before
    assert not logging.root.manager.disable
    assert "Traceback" not in result.stderr
    return result


@pytest.mark.parametrize("terminal", ["0", "1"])
@pytest.mark.parametrize(
    ("place", "name", "how", "after"),
    [
        (pdopt.solving.solve, "lane_table", press, False),
        (pdopt.solving.solve, "lane_table", spoil, True),
        (pdopt.solving.solve, "compile_table", press, True),
        (VarData, "__init__", press, False),  # Pyomo catches all, and logs it on standard output
        (VarData, "__init__", spoil, False),
    ],
)
def test_before_the_solver_there_is_no_plan(monkeypatch, terminal, place, name, how, after):
    monkeypatch.setenv("TTY_COMPATIBLE", terminal)
    left = pressed_at(monkeypatch, place, name, how, after=after)
    result = run("solve", EASY, "--json")
    assert not left
    assert (result.exit_code, json.loads(result.stdout)["status"]) == (4, "unknown")


@pytest.mark.parametrize(("name", "after"), [("start", False), ("start", True)])
@pytest.mark.parametrize("place", [rich.live.Live, rich.live._RefreshThread])
def test_while_the_line_appears(monkeypatch, place, name, after):
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    left = pressed_at(monkeypatch, place, name, after=after)
    with mock.patch.object(rich.live.Live, "stop", autospec=True, side_effect=rich.live.Live.stop) as stopped:
        result = run("solve", EASY, "--json")
    assert not left
    assert stopped.called  # it is not left spinning, nor the cursor hidden
    assert (result.exit_code, json.loads(result.stdout)["status"]) == (4, "unknown")


@pytest.mark.parametrize(
    ("place", "name"),
    [(pdopt.solving.solve, "assemble"), (rich.live.Live, "stop"), (rich.live._RefreshThread, "stop")],
)
def test_a_plan_that_is_found_is_given(monkeypatch, place, name):
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    left = pressed_at(monkeypatch, place, name)
    result = run("solve", EASY, "--json")
    assert not left
    assert (result.exit_code, json.loads(result.stdout)["status"]) == (0, "optimal")


def test_one_that_gets_lost_stops_the_solver(monkeypatch):
    told = []
    monkeypatch.setattr("pdopt.cli.progress.Watch.stop", lambda watch: told.append(watch))
    pressed_at(monkeypatch, pdopt.solving.solve, "lane_table", swallow)
    run("solve", EASY, "--json")
    assert len(told) == 1


@pytest.mark.parametrize("how", [press, spoil])
@pytest.mark.parametrize("command", ["solve", "check", "size", "explain", "compare", "budget", "frontier --over ttft"])
def test_while_a_fleet_is_read(monkeypatch, command, how):
    left = pressed_at(monkeypatch, pdopt, "read_fleet", how)
    result = run(*command.split(), EASY)
    assert not left
    assert (result.exit_code, result.stdout, result.stderr) == (130, "", "stopped\n")


def test_faults_after_a_calm_stop_stay_faults():
    ctrl_c = CtrlC(lambda: True)
    with ctrl_c, pytest.raises(ZeroDivisionError):
        ctrl_c.broken_off(lambda: (press(), 1 / 0))


def test_exit_codes_that_were_chosen_stay():
    def work() -> None:
        try:
            press()
        except KeyboardInterrupt:
            raise typer.Exit(3) from None

    with CtrlC() as ctrl_c, pytest.raises(typer.Exit) as exits:
        ctrl_c.broken_off(work)
    assert exits.value.exit_code == 3
