"""Every run tries the same random examples; ``--hypothesis-profile=search`` looks for new ones."""

import pytest
from hypothesis import settings

from tests import samples

settings.register_profile("same", max_examples=40, deadline=None, derandomize=True, database=None)
settings.register_profile("search", max_examples=2000, deadline=None, database=None)
settings.load_profile("same")


@pytest.fixture(autouse=True)
def _nothing_remembered(request):
    """What is solved while something is patched is solved for that test alone."""
    patched = "monkeypatch" in request.fixturenames
    if patched:
        samples.forget()
    yield
    if patched:
        samples.forget()
