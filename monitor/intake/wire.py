"""How a chunk crosses the pipe out of the sandbox: a JSON header, then plain arrays; nothing is ever unpickled."""

import json
from typing import Any, BinaryIO

import numpy as np
import pandas as pd

from monitor.errors import DocumentRefused
from monitor.intake.contract import (
    CATEGORIES,
    CHUNK_ROWS,
    COLUMNS,
    KINDS,
    MAX_ISSUES,
    N_,
    OPTIONAL,
    TEXTS,
    Chunk,
    RowIssue,
)

CODES = "int32"
HEADER_MAX = 64 << 20
GARBLED = N_("The reader of this file gave back something that cannot be understood.")


def send(stream: BinaryIO, chunk: Chunk) -> None:
    """Send one chunk."""
    frame = chunk.frame
    numbers = {**COLUMNS, **{name: dtype for name, dtype in OPTIONAL.items() if name in frame}}
    header = {
        "rows": len(frame),
        "kind": chunk.kind,
        "file": chunk.file,
        "sheet": chunk.sheet,
        "blank": chunk.blank,
        "refused": chunk.refused,
        "resource": chunk.resource,
        "zone": chunk.zone,
        "retracts": chunk.retracts,
        "bridge": chunk.bridge,
        "detected": chunk.detected,
        "spans": [[int(start), int(end)] for start, end in chunk.spans],
        "counts": {name: int(count) for name, count in chunk.counts.items()},
        "issues": [issue.as_dict() for issue in chunk.issues],
        "categories": {name: [str(c) for c in frame[name].cat.categories] for name in CATEGORIES},
        "optional": [name for name in OPTIONAL if name in frame],
        "texts": {name: [str(v) for v in frame[name]] for name in TEXTS if name in frame},
    }
    _write(stream, json.dumps(header, ensure_ascii=False).encode())
    for name in CATEGORIES:
        _write(stream, np.ascontiguousarray(frame[name].cat.codes.to_numpy(), dtype=CODES).tobytes())
    for name, dtype in numbers.items():
        _write(stream, np.ascontiguousarray(frame[name].to_numpy(), dtype=dtype).tobytes())
    stream.flush()


def send_end(stream: BinaryIO, how: dict[str, Any]) -> None:
    """Send how a document ended."""
    _write(stream, json.dumps(how, ensure_ascii=False).encode())
    stream.flush()


def _write(stream: BinaryIO, data: bytes) -> None:
    stream.write(len(data).to_bytes(8, "little"))
    stream.write(data)


def _read(stream: BinaryIO, limit: int) -> bytes:
    size = int.from_bytes(_exactly(stream, 8), "little")
    if size > limit:
        raise _garbled()
    return _exactly(stream, size)


def _exactly(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return data


def receive_header(stream: BinaryIO) -> dict[str, Any]:
    """Receive what comes next: the header of a chunk, an error, or the end."""
    try:
        header = json.loads(_read(stream, HEADER_MAX))
    except ValueError as error:
        raise _garbled() from error
    if not isinstance(header, dict):
        raise _garbled()
    return header


def receive(stream: BinaryIO, header: dict[str, Any]) -> Chunk:
    """Receive the arrays of a chunk and check them against its header; a garbled one is DocumentRefused."""
    try:
        return _receive(stream, header)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise _garbled() from error


def _receive(stream: BinaryIO, header: dict[str, Any]) -> Chunk:
    rows = int(header["rows"])
    if not 0 <= rows <= CHUNK_ROWS or header["kind"] not in KINDS or len(header["issues"]) > MAX_ISSUES:
        raise ValueError("header")
    data: dict[str, Any] = {}
    for name in CATEGORIES:
        codes = _array(stream, CODES, rows)
        data[name] = pd.Categorical.from_codes(codes, categories=pd.Index(header["categories"][name], dtype=object))
    for name, dtype in {**COLUMNS, **{n: OPTIONAL[n] for n in header["optional"]}}.items():
        data[name] = _array(stream, dtype, rows)
    for name, values in header["texts"].items():
        if name not in TEXTS or len(values) != rows:
            raise ValueError(name)
        data[name] = pd.Series(values, dtype=object)
    fields = ("kind", "file", "sheet", "blank", "refused", "resource", "zone", "detected", "retracts", "bridge")
    return Chunk(
        frame=pd.DataFrame(data, copy=False),
        issues=[RowIssue(**issue) for issue in header["issues"]],
        spans=[(int(start), int(end)) for start, end in header["spans"]],
        counts={str(name): int(count) for name, count in header["counts"].items()},
        **{name: header[name] for name in fields},
    )


def _array(stream: BinaryIO, dtype: str, rows: int) -> np.ndarray[Any, Any]:
    array = np.frombuffer(_read(stream, rows * 8), dtype=dtype)
    if len(array) != rows:
        raise ValueError(dtype)
    return array


def _garbled() -> DocumentRefused:
    return DocumentRefused("PARSER_GARBLED", GARBLED)
