"""Constraint families, one per file; each adds one component named after what must be true."""
