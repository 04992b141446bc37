"""Fit what a measured profile cannot know (speed under load, overhead, variability, interference) to load points."""
