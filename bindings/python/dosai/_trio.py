"""trio, as far as the library's loop needs an event loop. Loaded only inside trio."""

from __future__ import annotations

from contextvars import copy_context
from typing import Any, Callable, Coroutine, Generator, Optional

import trio


class TrioLoop:
    """What asyncio's event loop is to a Loop. A system task of trio waits for the descriptor."""

    def __init__(self, token: trio.lowlevel.TrioToken) -> None:
        self._token, self._is_open = token, True

    def add_reader(self, descriptor: int, read: Callable[[], object]) -> None:
        trio.lowlevel.spawn_system_task(self._read, descriptor, read, name="dosai")

    async def _read(self, descriptor: int, read: Callable[[], object]) -> None:
        try:
            while self._is_open:
                await trio.lowlevel.wait_readable(descriptor)
                read()
        except trio.ClosedResourceError:
            pass

    def remove_reader(self, descriptor: int) -> None:
        self._is_open = False
        trio.lowlevel.notify_closing(descriptor)

    def call_soon_threadsafe(self, function: Callable[[], object]) -> None:
        self._token.run_sync_soon(function)

    def waiter(self) -> TrioWaiter:
        return TrioWaiter(self._token)


class TrioWaiter:
    """What a task of trio waits for. `wake` is called in trio's thread, `wake_soon` in any."""

    def __init__(self, token: trio.lowlevel.TrioToken) -> None:
        self._token = token
        self._task: Optional[trio.lowlevel.Task] = None

    def __await__(self) -> Generator[Any, Any, Any]:
        self._task = trio.lowlevel.current_task()
        return trio.lowlevel.wait_task_rescheduled(self._abort).__await__()

    def _abort(self, _: object) -> trio.lowlevel.Abort:
        self._task = None
        return trio.lowlevel.Abort.SUCCEEDED

    def wake(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            trio.lowlevel.reschedule(task)

    def wake_soon(self) -> None:
        try:
            self._token.run_sync_soon(self.wake)
        except trio.RunFinishedError:
            pass


class AtOnce:
    """Work at the same time, each in a system task: a generator may not be left while its nursery is open."""

    def __init__(self, work: list[Coroutine[Any, Any, Any]]) -> None:
        self._scopes = [trio.CancelScope() for _ in work]
        self._running: dict[int, Optional[trio.lowlevel.Task]] = dict.fromkeys(range(len(work)))
        self._ended: list[tuple[int, Any, Optional[BaseException]]] = []
        self._event = trio.Event()
        self._enders: set[Optional[trio.lowlevel.Task]] = set()
        for number, each in enumerate(work):
            trio.lowlevel.spawn_system_task(self._run, number, each, name="dosai", context=copy_context())

    async def _run(self, number: int, work: Coroutine[Any, Any, Any]) -> None:
        self._running[number] = trio.lowlevel.current_task()
        result, raised = None, None
        try:
            with self._scopes[number]:
                await trio.lowlevel.checkpoint_if_cancelled()
                result = await work
        except trio.Cancelled:
            raise  # trio's run ends
        except BaseException as error:
            raised = error
        work.close()
        self._ended.append((number, result, raised))
        del self._running[number]
        self._event.set()
        self._event = trio.Event()

    async def finished(self) -> list[tuple[int, Optional[Any]]]:
        while not self._ended:
            await self._event.wait()
        ended, self._ended = sorted(self._ended, key=lambda one: one[0]), []
        for _, _, raised in ended:
            if raised is not None:
                raise raised
        return [(number, result) for number, result, _ in ended]

    async def end(self) -> None:
        own = trio.lowlevel.current_task()
        for number, scope in enumerate(self._scopes):
            if self._running.get(number) is not own:
                scope.cancel()
        self._enders.add(own)  # two of them do not wait for each other
        with trio.CancelScope(shield=True):
            while not self._enders.issuperset(self._running.values()):
                await self._event.wait()


def token() -> Optional[trio.lowlevel.TrioToken]:
    """That of the run of trio whose task is running; None: none is."""
    try:
        trio.lowlevel.current_task()
    except RuntimeError:
        return None
    return trio.lowlevel.current_trio_token()
