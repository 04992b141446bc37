"""The fleet: what somebody asks, read from YAML, checked once and stated in inner units."""
