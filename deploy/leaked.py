"""Makes monitor/services/leaked.bin of lists of passwords, one a line: `python deploy/leaked.py LIST …`. docs/decisions/leaked-passwords.md."""

import sys
from pathlib import Path

import numpy as np

from monitor.services.passwords import LEAKED, SHORTEST, fingerprint


def fingerprints(*lists: Path) -> bytes:
    """Give the sorted fingerprints, four bytes each, of all passwords that are long enough to be chosen."""
    lines = (line for path in lists for line in path.read_text(encoding="utf-8", errors="replace").splitlines())
    kept = {fingerprint(line) for line in lines if len(line) >= SHORTEST}
    return np.array(sorted(kept), dtype=">u4").tobytes()


if __name__ == "__main__":
    LEAKED.write_bytes(fingerprints(*map(Path, sys.argv[1:])))
