"""How a chunk crosses the pipe out of the sandbox: a JSON header, then plain arrays; nothing is ever unpickled."""

import json
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
import pandas as pd

from monitor.errors import DocumentRefused
from monitor.intake.contract import CATEGORIES, CHUNK_ROWS, COLUMNS, KINDS, MAX_ISSUES, OPTIONAL, TEXTS, Chunk, RowIssue

CODES = "int32"
HEADER_MAX = 64 << 20


def send(connection: Connection, chunk: Chunk) -> None:
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
        "detected": chunk.detected,
        "issues": [issue.as_dict() for issue in chunk.issues],
        "categories": {name: [str(c) for c in frame[name].cat.categories] for name in CATEGORIES},
        "optional": [name for name in OPTIONAL if name in frame],
        "texts": {name: [str(v) for v in frame[name]] for name in TEXTS if name in frame},
    }
    connection.send_bytes(json.dumps(header, ensure_ascii=False).encode())
    for name in CATEGORIES:
        connection.send_bytes(np.ascontiguousarray(frame[name].cat.codes.to_numpy(), dtype=CODES).tobytes())
    for name, dtype in numbers.items():
        connection.send_bytes(np.ascontiguousarray(frame[name].to_numpy(), dtype=dtype).tobytes())


def receive_header(connection: Connection) -> dict[str, Any]:
    """Receive what comes next: the header of a chunk, an error, or the end."""
    header = json.loads(connection.recv_bytes(HEADER_MAX))
    if not isinstance(header, dict):
        raise _garbled()
    return header


def receive(connection: Connection, header: dict[str, Any]) -> Chunk:
    """Receive the arrays of a chunk and check them against its header; a garbled one is DocumentRefused."""
    try:
        return _receive(connection, header)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise _garbled() from error


def _receive(connection: Connection, header: dict[str, Any]) -> Chunk:
    rows = int(header["rows"])
    if not 0 <= rows <= CHUNK_ROWS or header["kind"] not in KINDS or len(header["issues"]) > MAX_ISSUES:
        raise ValueError("header")
    data: dict[str, Any] = {}
    for name in CATEGORIES:
        codes = _array(connection, CODES, rows)
        data[name] = pd.Categorical.from_codes(codes, categories=pd.Index(header["categories"][name], dtype=object))
    for name, dtype in {**COLUMNS, **{n: OPTIONAL[n] for n in header["optional"]}}.items():
        data[name] = _array(connection, dtype, rows)
    for name, values in header["texts"].items():
        if name not in TEXTS or len(values) != rows:
            raise ValueError(name)
        data[name] = pd.Series(values, dtype=object)
    fields = ("kind", "file", "sheet", "blank", "refused", "resource", "zone", "detected")
    issues = [RowIssue(**issue) for issue in header["issues"]]
    return Chunk(frame=pd.DataFrame(data, copy=False), issues=issues, **{name: header[name] for name in fields})


def _array(connection: Connection, dtype: str, rows: int) -> np.ndarray[Any, Any]:
    array = np.frombuffer(connection.recv_bytes(max(rows, 1) * 8 + 8), dtype=dtype)
    if len(array) != rows:
        raise ValueError(dtype)
    return array


def _garbled() -> DocumentRefused:
    return DocumentRefused("PARSER_GARBLED", "The reader of this file gave back something that cannot be understood.")
