"""Every run tries the same random examples; ``--hypothesis-profile=search`` looks for new ones."""

from hypothesis import settings

settings.register_profile("same", max_examples=40, deadline=None, derandomize=True, database=None)
settings.register_profile("search", max_examples=2000, deadline=None, database=None)
settings.load_profile("same")
