"""The catalogue: what the world offers, found wherever pdopt is installed."""
