"""The arithmetic of a limit over a cluster: what has been lent, and from when on it may be used. It has no clock."""

from __future__ import annotations

from secrets import randbits
from typing import NamedTuple, Optional

SLOTS = 60  # of a window


class Grant(NamedTuple):
    requests: int  # each `interval` after the one before
    tokens: Optional[int]  # that they may reserve together; None: any number
    start: float  # when the first is due; what is overdue is sent at once
    interval: float
    slot: int  # of the tokens: settle() needs it


class Ledger:
    """Lends requests, evenly spaced, and tokens, so that no window has more than the limit.

    Times are seconds of one clock. A request that was lent for the time `due` is sent from `due` until `late` seconds
    after it, or never. If a borrower asks too late, what was missed is lent again, up to `burst` seconds of it.
    What is lent at a time is never lent again, so a borrower that dies costs its loan and nothing more.
    Nothing is known of what came before: so requests begin one by one, and tokens as if they had been used evenly.
    """

    def __init__(self, requests: int, tokens: int, now: float, window: float = 60.0, lease: float = 1.0,
                 burst: float = 0.5, late: float = 0.5) -> None:
        spread = burst + 2 * late  # between the time for which a request was lent and its arrival
        self.interval = (window + spread) / requests if requests else 0.0
        self.lease, self.late, self.burst = lease, late, burst
        self.tokens_most = tokens
        self._next = now + spread
        self._epoch = randbits(60)  # added to slots: those of a coordinator before this one are not in the ring
        self._slot = window / SLOTS
        size = SLOTS + int((spread + lease) / self._slot) + 2
        first = int(now / self._slot) - size + 1
        self._ring = {first + place: tokens // size for place in range(size)} if tokens else {}
        self._size, self._lent, self._last = size, sum(self._ring.values()), first + size - 1

    def grant(self, now: float, wanted: int, cost: int, head: int, borrowers: int = 1) -> Grant:
        """Lends up to `wanted` requests of about `cost` tokens; `head` is what the first one needs."""
        self._next = max(self._next, now - self.burst)
        count = max(1, min(wanted, int(self.lease / self.interval / borrowers) if self.interval else wanted))
        tokens = None
        slot = int(max(self._next, now) / self._slot)
        if self.tokens_most:
            least = min(head, self.tokens_most)
            slot = self._room(slot, least)
            self._next = max(self._next, slot * self._slot)
            share = max(least, int(self.tokens_most * self.lease / self._slot / SLOTS / borrowers))
            tokens = min(max(least, count * cost), share, self.tokens_most - max(0, self._lent))
            tokens = max(tokens, least)
            self._add(slot, tokens)
            count = max(1, min(count, tokens // max(1, cost)))
        start = self._next
        self._next += count * self.interval
        return Grant(count, tokens, start, self.interval, slot + self._epoch)

    def settle(self, slot: int, tokens: int) -> None:
        """So many more tokens than were lent have been used; negative: fewer."""
        slot -= self._epoch
        if slot > self._last - self._size and slot in self._ring:
            self._add(slot, tokens)

    def hold(self, until: float) -> None:
        """Nothing is sent before then."""
        self._next = max(self._next, until)

    def _room(self, slot: int, tokens: int) -> int:
        """The first slot from this one on that has room for the tokens."""
        self._turn(max(slot, self._last))
        while self._lent > 0 and self._lent > self.tokens_most - tokens:
            self._turn(self._last + 1)
        return self._last

    def _add(self, slot: int, tokens: int) -> None:
        self._ring[slot] = self._ring.get(slot, 0) + tokens
        self._lent += tokens

    def _turn(self, slot: int) -> None:
        """Forgets what is more than a window before the slot."""
        if slot - self._last >= self._size:
            self._ring.clear()
            self._lent, self._last = 0, slot
        while self._last < slot:
            self._last += 1
            self._lent -= self._ring.pop(self._last - self._size, 0)
