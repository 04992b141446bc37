"""The README runs, generated pages are up to date, links lead somewhere."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted(ROOT.glob("*/README.md"))]


def block(name: str) -> str:
    found = re.search(rf"<!-- {name} -->\n```\w*\n(.*?)```", README, re.DOTALL)
    assert found, f"README has no block {name}"
    return found[1]


@pytest.mark.slow  # .ci/run does it by itself
def test_generated_pages_are_up_to_date():
    done = subprocess.run([sys.executable, "docs/build.py", "--check"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_constraint_family_is_shown_with_rows():
    page = (ROOT / "docs" / "formulation.md").read_text(encoding="utf-8")
    assert "(no row" not in page
    assert page.count("\n### ") > 30


def test_the_first_command_plans_what_the_readme_shows():
    *install, plan = [shlex.split(step) for step in block("install").split("&&")]
    assert [step[-1] for step in install] == [".venv", "."]
    assert plan[0] == ".venv/bin/pdopt"
    done = subprocess.run([sys.executable, "-m", "pdopt", *plan[1:]], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0
    shown = block("plan").splitlines()
    assert done.stdout.splitlines()[2:-1] == shown[2:-1]


def test_the_test_command_is_what_ci_runs():
    assert "python -m pytest" in block("test")
    assert "<!-- test -->" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_readme_is_one_screen():
    assert len(README.splitlines()) <= 80


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), target
