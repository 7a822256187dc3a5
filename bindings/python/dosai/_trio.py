"""trio, as far as the library's loop needs an event loop. Loaded only inside trio."""

from __future__ import annotations

from typing import Any, Callable, Generator, Optional

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


def token() -> Optional[trio.lowlevel.TrioToken]:
    """That of the run of trio whose task is running; None: none is."""
    try:
        trio.lowlevel.current_task()
    except RuntimeError:
        return None
    return trio.lowlevel.current_trio_token()
