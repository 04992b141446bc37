"""``python -m pdopt``."""

from pdopt.cli import main

main()
