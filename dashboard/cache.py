"""Finished pages, kept as the packed bytes of their answers: made once for all who may see the same, renewed in the background.

What somebody did by hand shows at once: no page made before it is given again. What nobody waits for (a part of an import, files
that came on schedule) may be missing on a kept page for BESIDE seconds, and while the next one is being made; the page says of which state and moment it is.
"""

import logging
import queue
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import partial

from dashboard.context import Standing

log = logging.getLogger(__name__)
KEPT = 300.0  # seconds that a page is kept where nothing was written
BESIDE = 20.0  # seconds that a page may be behind what was not done by hand
AGAIN, AGAIN_BESIDE = 60.0, 8.0  # a page this old that is asked for is made anew beside, if it is current, or behind
BYTES = 64 << 20  # of all kept pages together
STATES = 64  # of which it is remembered when they were last seen
WAITING = 32  # pages that wait to be renewed
Work = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent: the packed bytes, how the data stood in them; not `whole` where something failed, which is not kept."""

    packed: bytes
    standing: Standing
    whole: bool = True


class Beside:
    """A thread that does one thing after the other; it begins with the first."""

    def __init__(self) -> None:
        self._work: queue.SimpleQueue[Work] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._running = False

    def __call__(self, work: Work) -> None:
        """Do this when its turn comes."""
        with self._lock:
            if not self._running:
                threading.Thread(target=self._run, name="pages", daemon=True).start()
                self._running = True
        self._work.put(work)

    def _run(self) -> None:
        while True:
            self._work.get()()


class Cache:
    """A store of answers, bounded in bytes; the oldest use goes first. Of many who ask for the same, one makes it."""

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        beside: Callable[[Work], object] | None = None,
        most: int = BYTES,
    ) -> None:
        self._kept: OrderedDict[Hashable, tuple[float, Answer]] = OrderedDict()
        self._bytes = 0
        self._most = most
        self._seen: OrderedDict[int, float] = (
            OrderedDict()
        )  # data version → when it was last seen to be the current one
        self._lock = threading.Lock()
        self._making: dict[Hashable, threading.Lock] = {}
        self._waiting: set[Hashable] = set()
        self._clock = clock
        self._beside = beside or Beside()

    def get(self, key: Hashable, standing: Standing, make: Callable[[], Answer]) -> Answer:
        """Give the answer kept under a key, or make and keep it; a failure is raised and not kept.

        `standing` is how the data stand now. `make` is also called later and elsewhere, to renew.
        """
        with self._lock:
            found = self._fit(key, standing) or self._last(key, standing)
            if found is not None:
                self._kept.move_to_end(key)
                renew = self._due(key, standing)
                if renew:
                    self._waiting.add(key)
        if found is None:
            return self._made(key, make, lambda: self._fit(key, standing))
        if renew:
            self._beside(partial(self._renew, key, standing, make))
        return found

    def _fit(self, key: Hashable, standing: Standing) -> Answer | None:
        """Give what is kept if it may be shown while the data stand so."""
        now = self._clock()
        if self._seen.get(standing.version, -1.0) < now:
            self._seen[standing.version] = now
            while len(self._seen) > STATES:
                self._seen.popitem(last=False)
        made_at, answer = self._kept.get(key, (0.0, None))
        if answer is None or answer.standing.acts < standing.acts or now - made_at >= KEPT:
            return None
        current = self._seen.get(answer.standing.version, made_at)
        behind = answer.standing.version < standing.version and now - max(current, made_at) >= BESIDE
        return None if behind else answer

    def _last(self, key: Hashable, standing: Standing) -> Answer | None:
        """Give what is kept while its next is being made: if all waited for that, no thread would be left for other pages."""
        last = self._kept.get(key) if key in self._making else None
        return None if last is None or last[1].standing.acts < standing.acts else last[1]

    def _due(self, key: Hashable, standing: Standing) -> bool:
        made_at, answer = self._kept[key]
        age = AGAIN_BESIDE if answer.standing.version < standing.version else AGAIN
        return self._clock() - made_at >= age and key not in self._waiting and len(self._waiting) < WAITING

    def _renew(self, key: Hashable, standing: Standing, make: Callable[[], Answer]) -> None:
        def young() -> Answer | None:
            fit, kept = self._fit(key, standing), self._kept.get(key)
            return fit if kept is not None and self._clock() - kept[0] < AGAIN_BESIDE else None

        try:
            self._made(key, make, young)
        except Exception:
            log.exception("a page could not be renewed")  # whoever asks next is told
        finally:
            with self._lock:
                self._waiting.discard(key)

    def _made(self, key: Hashable, make: Callable[[], Answer], there: Callable[[], Answer | None]) -> Answer:
        """Make an answer and keep it, unless somebody else has done so meanwhile."""
        with self._lock:
            making = self._making.setdefault(key, threading.Lock())
        with making:
            try:
                with self._lock:
                    found = there()
                if found is None:
                    began = self._clock()
                    found = make()
                    if found.whole:
                        self._keep(key, began, found)
            finally:
                with self._lock:
                    self._making.pop(key, None)
        return found

    def _keep(self, key: Hashable, began: float, made: Answer) -> None:
        with self._lock:
            before = self._kept.pop(key, None)
            self._bytes += len(made.packed) - (len(before[1].packed) if before else 0)
            self._kept[key] = (began, made)
            while self._bytes > self._most:
                self._bytes -= len(self._kept.popitem(last=False)[1][1].packed)
