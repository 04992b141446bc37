"""Profiles computed by AIConfigurator or its successor AISimulate, from its Python SDK (optional)."""
