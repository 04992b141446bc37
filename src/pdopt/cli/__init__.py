"""The command line: one file per command, imports of heavy rooms inside the commands."""

from __future__ import annotations

import errno
import sys


def main() -> None:
    """Run pdopt; exit codes as documented: 0, 1, 2, 3, 4, and 130 on Ctrl-C."""
    try:
        from pdopt.cli.app import app

        app()
    except KeyboardInterrupt:  # before there is a command
        print("stopped", file=sys.stderr)
        sys.exit(130)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EACCES):
            raise
        print(f"pdopt: cannot write the answer ({error.strerror})", file=sys.stderr)
        sys.exit(2)
    except Exception:
        import traceback

        traceback.print_exc()
        print("pdopt: this is a fault of pdopt, not of your input; please report it", file=sys.stderr)
        sys.exit(1)
