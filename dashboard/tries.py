"""How often an address may be wrong: a hundred refused sign-ins in an hour, then it waits, whatever names it tries.

Kept in memory, for each web process by itself. Accounts have their own limit, in the database (`monitor.services.accounts`).
"""

import threading
from collections import OrderedDict, deque
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil

MOST, WITHIN = 100, timedelta(hours=1)
REMEMBERED = 10_000  # addresses; the one silent for longest is forgotten first


def place_of(address: str | None) -> str | None:
    """Name where a request comes from: an IPv4 address, or the /64 of an IPv6 one, which is one customer.

    None for this machine itself: that is a web server in front that is not among web.trusted_proxies, so everybody at once.
    """
    try:
        found = ip_address((address or "").partition("%")[0])
    except ValueError:
        return None
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is None:
            return None if found.is_loopback else str(ip_network((found, 64), strict=False))
        found = found.ipv4_mapped
    return None if found.is_loopback else str(found)


class Tries:
    """The refused sign-ins of late, by place."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._refused: OrderedDict[str, deque[datetime]] = OrderedDict()

    def wait(self, address: str | None, now: datetime) -> int:
        """Give the seconds after which this address may try again; 0: now."""
        place = place_of(address)
        if place is None:
            return 0
        with self._lock:
            times = _late(self._refused.get(place, deque()), now)
            return 0 if len(times) < MOST else max(1, ceil((times[0] + WITHIN - now).total_seconds()))

    def refused(self, address: str | None, now: datetime) -> None:
        """Remember a refused sign-in."""
        place = place_of(address)
        if place is None:
            return
        with self._lock:
            _late(self._refused.setdefault(place, deque(maxlen=MOST)), now).append(now)
            self._refused.move_to_end(place)
            while len(self._refused) > REMEMBERED:
                self._refused.popitem(last=False)


def _late(times: deque[datetime], now: datetime) -> deque[datetime]:
    """Forget what is longer ago; what a clock that was ahead left behind goes too."""
    while times and not now - WITHIN < times[0] <= now:
        times.popleft()
    return times
