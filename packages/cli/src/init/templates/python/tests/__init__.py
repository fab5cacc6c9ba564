"""Makes cjm_capability importable: a worker brings it along, tests find it behind the link `.sdk`."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".sdk"))
