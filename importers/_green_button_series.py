"""Says of each block whose readings they are: joined by links, by what stands in what, or because there is only one."""

from collections.abc import Iterable

from importers._green_button_feed import METER_READING, POINT, TYPE, Entry, Feed, Node
from importers._green_button_meaning import Series, Wanted, lost, meaning


class Index:
    """Finds the resources of one kind by the paths in their links."""

    def __init__(self, nodes: list[Node]) -> None:
        self.nodes = nodes
        self.related, self.own = _by_path(nodes, "related"), _by_path(nodes, "own")

    def only(self) -> Node | None:
        """Give the resource where there is just one, described once or more often."""
        return self.nodes[0] if self.nodes and not self.several() else None

    def several(self) -> bool:
        """Tell whether there is more than one resource, however often each is described."""
        return len({tuple(node.entry.own) or id(node) for node in self.nodes}) > 1

    def of(self, entry: Entry) -> Node | None:
        """Give the resource to which an entry belongs: one that names it or its collection, or in whose path it lies."""
        for path in [*entry.own, *entry.up]:
            found = self.related.get(path)
            while found is None and path:
                found = self.own.get(path)
                path = path.rpartition("/")[0]  # noqa: PLW2901 - from the path up to what it lies in
                found = found or self.related.get(path)
            if found is not None:
                return found
        return self.only()

    def named(self, paths: Iterable[str]) -> Node | None:
        """Give the resource that one of these links leads to."""
        return next((found for path in paths if (found := self.own.get(path)) is not None), None)


def _by_path(nodes: list[Node], rel: str) -> dict[str, Node | None]:
    """Give the resource of each path; None where a path is that of several."""
    found: dict[str, Node | None] = {}
    for node in nodes:
        for path in getattr(node.entry, rel):
            other = found.setdefault(path, node)
            if other is not None and other is not node and other.entry.own != node.entry.own:
                found[path] = None
    return found


def _around(node: Node | None, kind: str) -> Node | None:
    while node is not None and node.kind != kind:
        node = node.parent
    return node


class Join:
    """Gives the series of each block of a feed; `points` are the usage points, each once."""

    def __init__(self, feed: Feed, wanted: Wanted) -> None:
        self.feed, self.wanted = feed, wanted
        self.points, self.readings, self.types = (Index(feed.nodes[kind]) for kind in (POINT, METER_READING, TYPE))
        self.inside = {id(node.parent): node for node in feed.nodes[TYPE] if node.parent is not None}

    def series(self) -> tuple[list[Series], list[int]]:
        """Give the series, and for each block the number of its own."""
        found: dict[tuple[int, int, int], int] = {}
        series: list[Series] = []
        numbers: list[int] = []
        for entry, node in self.feed.blocks:
            reading = _around(node, METER_READING) or (self.readings.of(entry) if self.readings.nodes else None)
            point = self._point(entry, node, reading)
            kind = self._type(entry, node, reading)
            key = (id(point), id(kind), id(reading))
            if key not in found:
                found[key] = len(series)
                torn = (reading is None and self.readings.nodes) or (point is None and self.points.nodes)
                series.append(lost() if torn else meaning(point, kind, self.wanted, alone=not self.points.several()))
            numbers.append(found[key])
        return series, numbers

    def _point(self, entry: Entry, node: Node | None, reading: Node | None) -> Node | None:
        if (point := _around(node, POINT) or _around(reading, POINT)) is not None:
            return point
        return self.points.of(reading.entry if reading is not None else entry)

    def _type(self, entry: Entry, node: Node | None, reading: Node | None) -> Node | None:
        within = self.inside.get(id(reading)) or self.inside.get(id(node))
        linked = [*(reading.entry.related if reading is not None else ()), *entry.related]
        return within or self.types.named(linked) or self.types.only()
