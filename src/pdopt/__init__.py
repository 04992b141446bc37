"""Optimisation-based capacity planner for LLM serving."""
