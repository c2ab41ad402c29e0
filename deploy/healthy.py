"""Ends with 0 when the dashboard of this machine answers, for container engines that ask."""

import os
import sys
from urllib.request import urlopen

port = os.environ.get("JIEYUE_WEB__PORT", "8050")
with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=4) as answer:
    sys.exit(0 if answer.status == 200 else 1)  # noqa: PLR2004 - OK
