"""What a worker of dosai.map asks before each attempt: may it be sent now?"""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any, Callable, Optional, Union

from ._map_rows import MapError, Result

HOLD_MOST = 120.0  # seconds
WANTED_MOST = 1 << 12  # requests of a loan
BEAT = 1.0  # seconds between two reports
LOST = (OSError, ValueError, asyncio.TimeoutError)  # what ends a connection


@dataclass(frozen=True)
class Share:
    """An equal part of rpm (requests a minute) and tpm (tokens a minute) for each worker, where there can be no
    coordinator. `workers` is how many processes there are at most. A 429 holds up its own worker only."""

    rpm: int = 0
    tpm: int = 0
    workers: int = 1

    def __post_init__(self) -> None:
        if min(self.rpm, self.tpm) < 0 or self.workers < 1:
            raise ValueError("Share(): rpm and tpm must not be negative, and workers must be at least 1")
        if any(0 < limit < self.workers for limit in (self.rpm, self.tpm)):
            raise ValueError("Share(): rpm and tpm must be at least 1 for each worker")

    def rates(self) -> dict[str, int]:
        """The options of the client, whose own rate it is."""
        given = {"requests_per_minute": self.rpm, "tokens_per_minute": self.tpm}
        return {name: limit // self.workers for name, limit in given.items() if limit}


@dataclass(frozen=True)
class Lease:
    """Where a worker borrows its part of the limits; what `with serve_limits(...)` gives. It can be pickled."""

    host: str
    port: int
    token: str = field(repr=False)
    patience: float = 60.0  # seconds without a coordinator, after which the calls fail


Limiter = Union[Lease, Share, None]


class Ticket:
    """The leave to send one request. `slot` and `cost` (tokens) are what its end is settled against."""

    __slots__ = ("cost", "slot", "future")

    def __init__(self, cost: int, slot: int = -1, future: Any = None) -> None:
        self.cost, self.slot, self.future = cost, slot, future


class Hold:
    """No limit but what a 429 asks for: it holds up all calls of this process."""

    def __init__(self) -> None:
        self._until = 0.0

    async def admit(self, cost: int) -> Ticket:
        while self.held() > 0:
            await asyncio.sleep(self.held())
        return Ticket(cost)

    def settle(self, ticket: Ticket, tokens: int) -> None:
        """The attempt has cost so many tokens."""

    def hold(self, seconds: float) -> None:
        """The server wants no request for so long."""
        self._until = max(self._until, asyncio.get_running_loop().time() + min(seconds, HOLD_MOST))

    def held(self) -> float:
        return self._until - asyncio.get_running_loop().time()

    def report(self, row: Result) -> None:
        """A row is done."""

    def tell(self) -> None:
        """Reports at once."""

    async def close(self) -> None:
        pass


class Borrower(Hold):
    """Borrows from a coordinator, about once a second while there is something to send."""

    def __init__(self, lease: Lease, lost: Callable[[BaseException], None]) -> None:
        """`lost` is called when the coordinator is given up."""
        super().__init__()
        self._lease, self._lost = lease, lost
        self._waiting: deque[Ticket] = deque()
        self._news: asyncio.Event = asyncio.Event()  # someone waits
        self._wanted = 1
        self._cost = 1.0  # tokens of a request, about
        self._unsaid: Counter[str] = Counter()  # of the rows
        self._owed: Counter[int] = Counter()  # tokens, by slot
        self._late_since: Optional[float] = None  # that answers have come too late to be used
        self._writer: Any = None
        self._start()

    def _start(self) -> None:
        self._task = asyncio.ensure_future(self._live())
        self._task.add_done_callback(self._fail)

    async def admit(self, cost: int) -> Ticket:
        if self._task.done():  # it gave up; perhaps the coordinator is back
            self._start()
        ticket = Ticket(cost, future=asyncio.get_running_loop().create_future())
        self._cost += (cost - self._cost) / 16
        self._waiting.append(ticket)
        self._news.set()
        await ticket.future
        return ticket

    def settle(self, ticket: Ticket, tokens: int) -> None:
        if tokens != ticket.cost:
            self._owed[ticket.slot] += tokens - ticket.cost

    def hold(self, seconds: float) -> None:
        super().hold(seconds)
        if self._writer is not None:
            self._send({"hold": min(seconds, HOLD_MOST)})

    def report(self, row: Result) -> None:
        self._unsaid.update(
            done=1, failed=int(row.error is not None), replayed=int(row.from_journal),
            prompt=row.prompt_tokens or 0, completion=row.completion_tokens or 0)

    async def close(self) -> None:
        self.tell()
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    # ---- the connection

    async def _live(self) -> None:
        loop = asyncio.get_running_loop()
        self._met = loop.time()  # when the coordinator was last known to be there
        self._late_since = None
        while True:
            try:
                reader, self._writer = await asyncio.wait_for(
                    asyncio.open_connection(self._lease.host, self._lease.port), self._lease.patience)
                try:
                    self._send({"token": self._lease.token})
                    await self._talk(reader)
                finally:
                    self._writer.close()
                    self._writer = None
            except LOST:
                pass
            if loop.time() - self._met > self._lease.patience:
                self._give_up()
            await asyncio.sleep(random.uniform(0.1, 0.5))

    def _give_up(self) -> None:
        raise MapError(f"the coordinator of the limits, {self._lease.host}:{self._lease.port}, cannot be reached, "
                       "or refuses the token", status="CONNECTION")

    def _fail(self, task: asyncio.Task[None]) -> None:
        """Nobody waits for what will not come."""
        error = None if task.cancelled() else task.exception()
        if error is None:
            return
        for ticket in self._waiting:
            if not ticket.future.done():
                ticket.future.set_exception(error)
        self._lost(error)

    async def _talk(self, reader: asyncio.StreamReader) -> None:
        """Until the connection ends, and what was borrowed over it with it."""
        answers: asyncio.Queue[Any] = asyncio.Queue()
        tasks = [asyncio.ensure_future(each) for each in (self._listen(reader, answers), self._borrow(answers), self._beat())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
        for error in ended:
            if isinstance(error, MapError):
                raise error
            if isinstance(error, Exception) and not isinstance(error, LOST):
                raise MapError(f"the coordinator of the limits: {type(error).__name__}: {error}", status="PROTOCOL")

    async def _listen(self, reader: asyncio.StreamReader, answers: asyncio.Queue[Any]) -> None:
        greeted = False
        while True:
            try:
                line = await reader.readline()
            except OSError:
                line = b""
            if line or greeted:
                self._met = asyncio.get_running_loop().time()
            if not line:
                return
            greeted = True
            message = json.loads(line)
            if "hold" in message:
                super().hold(message["hold"])
            else:
                answers.put_nowait(message["lend"])

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT)
            self.tell()

    def tell(self) -> None:
        if self._writer is not None and (self._unsaid or self._owed):
            self._send({})

    def _send(self, message: dict[str, Any]) -> None:
        if "token" not in message:
            message.update(report=dict(self._unsaid), settle=list(self._owed.items()))
            self._unsaid.clear()
            self._owed.clear()
        self._writer.write(json.dumps(message).encode() + b"\n")

    # ---- loans

    async def _borrow(self, answers: asyncio.Queue[Any]) -> None:
        clock = asyncio.get_running_loop().time
        while True:
            if self.held() > 0 or all(ticket.future.done() for ticket in self._waiting):  # nobody waits for answers
                self._late_since = None
            head = await self._head(None)
            if self.held() > 0:
                await asyncio.sleep(self.held())
                continue
            asked = clock()
            self._send({"ask": [max(self._wanted, len(self._waiting)), int(self._cost) + 1, head.cost if head else 1]})
            count, tokens, start, interval, slot, late = await asyncio.wait_for(answers.get(), self._lease.patience)
            if clock() - asked > late:  # it might be used later than the coordinator allows for
                self._owed[slot] -= tokens or 0
                self._late_since = self._late_since or asked
                if clock() - self._late_since > self._lease.patience:
                    raise MapError(f"the coordinator of the limits, {self._lease.host}:{self._lease.port}, takes longer "
                                   f"than {late:g} s for each answer", status="TIMEOUT")
                continue
            self._late_since = None
            used = await self._spend(count, tokens, clock() + start, interval, slot, late)
            self._wanted = max(1, used if used < count else min(2 * count, WANTED_MOST))

    async def _spend(self, count: int, tokens: Optional[int], start: float, interval: float, slot: int,
                     late: float) -> int:
        """Gives a loan to those that wait, in turn. Returns how many requests of it were used."""
        clock = asyncio.get_running_loop().time
        received, used, left = clock(), 0, tokens
        for number in range(count):
            due = start + number * interval
            if due > clock():
                await asyncio.sleep(due - clock())
            ticket = await self._head(max(due, received) + late)
            if ticket is None and interval == 0:
                break
            if ticket is None:
                continue
            if self.held() > 0 or (left is not None and ticket.cost > left and used > 0):
                break
            self._waiting.popleft()
            ticket.slot = slot
            if left is not None:
                ticket.cost = min(ticket.cost, left)
                left -= ticket.cost
            ticket.future.set_result(None)
            used += 1
        if left:
            self._owed[slot] -= left
        return used

    async def _head(self, until: Optional[float]) -> Optional[Ticket]:
        """The first that waits. None: nobody does until then."""
        clock = asyncio.get_running_loop().time
        while True:
            while self._waiting and self._waiting[0].future.done():  # it was cancelled
                self._waiting.popleft()
            if until is not None and clock() > until:
                return None
            if self._waiting:
                return self._waiting[0]
            self._news.clear()
            try:
                await asyncio.wait_for(self._news.wait(), None if until is None else until - clock())
            except asyncio.TimeoutError:
                return None
