"""Entry of the Python worker: `python run_worker.py --module M --class C --environment DIR --socket PATH`."""

import sys

if sys.version_info < (3, 9):
    sys.stderr.write("cjm: the worker needs Python 3.9 or newer, this is %s\n" % sys.version.split()[0])
    sys.exit(2)

from cjm_worker.main import main  # noqa: E402  (only importable on a Python that is new enough)

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
