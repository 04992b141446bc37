"""Solving: the only room that knows HiGHS."""
