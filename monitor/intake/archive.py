"""Keeps every document by the SHA-256 of its bytes as received, so that it can be parsed again."""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Kept:
    """A kept document: hash and size of what was received, path below the archive folder."""

    sha256: str
    size: int
    kept_as: str


def fingerprint(path: Path) -> tuple[str, int]:
    """Give SHA-256 (hex) and size of a file."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as stream:
        while block := stream.read(BLOCK):
            digest.update(block)
            size += len(block)
    return digest.hexdigest(), size


def keep(path: Path, archive: Path) -> Kept:
    """Copy a file into the archive: written whole, fsynced, then renamed; what is there already stays."""
    archive.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    handle, temporary = tempfile.mkstemp(dir=archive, prefix=".keep-")
    try:
        with path.open("rb") as source, os.fdopen(handle, "wb") as target:
            while block := source.read(BLOCK):
                digest.update(block)
                size += len(block)
                target.write(block)
            target.flush()
            os.fsync(target.fileno())
        sha = digest.hexdigest()
        kept_as = f"{sha[:2]}/{sha}"
        folder = archive / sha[:2]
        folder.mkdir(exist_ok=True)
        Path(temporary).replace(archive / kept_as)
        _sync_folder(folder)
    finally:
        Path(temporary).unlink(missing_ok=True)
    return Kept(sha, size, kept_as)


@contextmanager
def aside(archive: Path) -> Iterator[Path]:
    """Give a file beside the kept ones, empty and readable by the owner alone; it is gone afterwards."""
    archive.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=archive, prefix=".clean-")
    os.close(handle)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    if hasattr(os, "O_DIRECTORY"):  # a folder cannot be opened on Windows
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
