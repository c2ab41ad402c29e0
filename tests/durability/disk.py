"""A small disk of its own: a tmpfs, which only root may mount."""

import itertools
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

NUMBERS = itertools.count()


class Disk:
    """A folder on a disk of a few megabytes, which can be filled up but for some bytes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.filler = folder / "filler"

    def leave(self, room: int) -> None:
        """Fill the disk up but for `room` bytes, to the page."""
        free = int(subprocess.run(["stat", "-fc", "%a", self.folder], capture_output=True, check=True).stdout) * 4096
        self.filler.write_bytes(b"\0" * max(free - room, 0))

    def free(self) -> None:
        self.filler.unlink(missing_ok=True)


@contextmanager
def small_disk(folder: Path, megabytes: int = 24) -> Iterator[Disk]:
    folder.mkdir(parents=True, exist_ok=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.decode().strip()}")
    try:
        yield Disk(folder)
    finally:
        subprocess.run(["umount", "-l", folder], check=True)
