"""Finished pages, kept for a moment: by page, parameters, who may see what, data version, day, language and theme."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping

from dash.development.base_component import Component

from dashboard.context import Context
from monitor.queries.version import data_version

SECONDS = 30  # what is not data (a source that grew late, a receipt without news) may be this old on a kept page
PAGES = 256


class Cache:
    """A bounded store of rendered pages; the oldest use goes first. Of many who ask for the same, one makes it."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic, seconds: float = SECONDS) -> None:
        self._kept: OrderedDict[Hashable, tuple[float, Component]] = OrderedDict()
        self._lock = threading.Lock()
        self._making: dict[Hashable, threading.Lock] = {}
        self._clock = clock
        self._seconds = seconds

    def get(self, key: Hashable, make: Callable[[], Component]) -> Component:
        """Give the page kept under a key, or make and keep it; a failure is raised and not kept."""
        made = self._fresh(key)
        if made is not None:
            return made
        with self._lock:
            making = self._making.setdefault(key, threading.Lock())
        with making:
            try:
                made = self._fresh(key)
                if made is None:
                    made = make()
                    self._keep(key, made)
            finally:
                with self._lock:
                    self._making.pop(key, None)
        return made

    def _fresh(self, key: Hashable) -> Component | None:
        with self._lock:
            found = self._kept.get(key)
            if found is None or self._clock() - found[0] >= self._seconds:
                return None
            self._kept.move_to_end(key)
            return found[1]

    def _keep(self, key: Hashable, made: Component) -> None:
        with self._lock:
            self._kept[key] = (self._clock(), made)
            self._kept.move_to_end(key)
            while len(self._kept) > PAGES:
                self._kept.popitem(last=False)


def key(here: Context, page: str, given: Mapping[str, str]) -> Hashable:
    """Name what a page depends on; two readers share one only where their roles reach exactly the same units."""
    with here.session() as session:
        version = data_version(session)
    actor = here.actor
    scope = (frozenset(actor.roles.items()), actor.root_ids)
    return (
        page,
        tuple(sorted(given.items())),
        scope,
        version,
        here.now().date(),
        here.language,
        here.theme,
        here.site.database.url,
    )
