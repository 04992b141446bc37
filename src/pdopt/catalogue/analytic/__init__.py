"""Profiles from a roofline: what to fall back on where nobody has measured, and how far off it is."""
