"""Runs a program, and ends it with a traceback on the error output when it takes longer than it may.

Usage: load_source.py SECONDS PROGRAM [ARGUMENT...]
"""

import faulthandler
import os
import runpy
import sys

if __name__ == "__main__":
    faulthandler.dump_traceback_later(float(sys.argv[1]), exit=True)
    sys.argv = sys.argv[2:]
    sys.path[0] = os.path.dirname(sys.argv[0])
    runpy.run_path(sys.argv[0], run_name="__main__")
