"""Entry of the keeper: `python run_original.py --module M --class C [--adapters a:B,c:D]` with a control channel on descriptor 3."""

import sys

if sys.version_info < (3, 9):
    sys.stderr.write("cjm: the keeper of the original's worker needs Python 3.9 or newer, this is %s\n" % sys.version.split()[0])
    sys.exit(2)

from cjm_original.main import main  # noqa: E402  (only importable on a Python that is new enough)

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
