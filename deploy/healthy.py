"""Ends with 0 when the dashboard of this machine answers and has its database, for container engines that ask."""

import os
import sys
from urllib.request import urlopen

port = os.environ.get("JIEYUE_WEB__PORT", "8050")
try:
    with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=4):
        sys.exit(0)
except OSError as problem:  # nobody listens, or 503
    sys.exit(f"not ready: {problem}")
