"""What a command does not need it does not import: ``--help`` and ``check`` stay instant."""

from __future__ import annotations

import subprocess
import sys

import pytest
import yaml
from tests.samples import paper

HEAVY = ("pyomo", "highspy", "numpy", "pandas", "scipy", "distributed")
TELL = f"print('heavy:', [name for name in {HEAVY!r} if name in sys.modules])"


def run(code: str, *arguments: str) -> str:
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_command_line_starts_without_the_heavy_rooms():
    assert run(f"import sys, pdopt, pdopt.cli.app; {TELL}") == "heavy: []\n"


@pytest.mark.parametrize("arguments", [("--help",), ("solve", "--help"), ("sweep", "--help"), ("--version",)])
def test_help_needs_no_heavy_room(arguments):
    code = f"import sys\nfrom pdopt.cli.app import app\napp(sys.argv[1:], standalone_mode=False)\n{TELL}"
    assert run(code, *arguments).endswith("heavy: []\n")


def test_check_needs_no_heavy_room(tmp_path):
    file = tmp_path / "fleet.yaml"
    file.write_text(yaml.safe_dump(paper()), encoding="utf-8")
    code = f"import sys\nfrom pdopt.cli.app import app\napp(sys.argv[1:], standalone_mode=False)\n{TELL}"
    said = run(code, "check", str(file))
    assert "no faults" in said
    assert said.endswith("heavy: []\n")
