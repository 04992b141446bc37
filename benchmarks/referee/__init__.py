"""A referee from outside: NVIDIA's AISimulate replays pdopt's plans (docs/referee.md)."""
