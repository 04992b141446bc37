"""The answer: a typed plan, its forward predictions, its audit and its headroom."""
