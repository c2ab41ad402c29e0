"""The tree of units, sub-meters counted once, shares that add up to the last integer."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from monitor.domain.amounts import PPM
from monitor.errors import Conflict
from monitor.i18n import N_

Ints = npt.NDArray[np.int64]
LOOP = N_("'{node}' would stand below itself.")


def subtree(parents: Mapping[int, int | None], root: int) -> list[int]:
    """List a node and all below it, parents before children, siblings in the order of `parents`.

    Raises Conflict where the tree has a loop that the root hangs in.
    """
    children: dict[int | None, list[int]] = {}
    for node, parent in parents.items():
        children.setdefault(parent, []).append(node)
    found: list[int] = []
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node in seen:
            raise Conflict("TREE_LOOP", LOOP, node=node)
        seen.add(node)
        found.append(node)
        waiting.extend(reversed(children.get(node, [])))
    return found


def net(gross: Ints, children: Iterable[Ints]) -> Ints:
    """Give a meter's consumption per day without its sub-meters'; below zero where they say more than it does."""
    rest = gross.copy()
    for child in children:
        rest -= child
    return rest


def share_out(quantity: Ints, ppm: Sequence[int]) -> tuple[list[Ints], Ints]:
    """Share quantities out by parts per million: (one array per share, what is not allocated); together exact.

    Each share is rounded down; what rounding leaves goes to the largest share (the first of equals) where the shares make
    up the whole, else it is not allocated. Raises Conflict where the shares make up more than the whole.
    """
    total = sum(ppm)
    if total > PPM:
        raise Conflict(
            "SHARES_ABOVE_WHOLE",
            N_("The shares of a meter add up to {ppm} parts per million, more than the whole."),
            ppm=total,
        )
    parts = [times_ppm(quantity, share) for share in ppm]
    rest = quantity - sum(parts, np.zeros_like(quantity))
    if total == PPM:
        largest = max(range(len(ppm)), key=lambda index: ppm[index])
        parts[largest] = parts[largest] + rest
        rest = np.zeros_like(quantity)
    return parts, rest


def times_ppm(values: Ints, ppm: Ints | int) -> Ints:
    """Give floor(values × ppm ÷ 1,000,000) without overflow of 64 bits; the whole and nothing cost no division."""
    whole = np.equal(ppm, PPM)
    if np.all(whole | np.equal(ppm, 0)):
        return np.where(whole, values, 0)
    return values // PPM * ppm + values % PPM * ppm // PPM


def by_facts(rest: int, values: Sequence[int | None]) -> list[int] | None:
    """Share `rest` parts per million out in proportion to facts (head counts, areas): whole parts that add up to `rest`.

    Each is rounded down and what rounding leaves goes to the largest fact (the first of equals). None where a fact is not
    known or all are zero: then nothing can be shared out, it is never guessed.
    """
    known = [value for value in values if value is not None and value >= 0]
    whole = sum(known)
    if len(known) != len(values) or not whole:
        return None
    parts = [rest * value // whole for value in known]
    parts[known.index(max(known))] += rest - sum(parts)
    return parts
