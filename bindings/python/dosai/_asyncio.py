"""What the tool loop needs of asyncio."""

from __future__ import annotations

import asyncio
from typing import Any, Coroutine, Optional


class AtOnce:
    """Work at the same time, each in a task."""

    def __init__(self, work: list[Coroutine[Any, Any, Any]]) -> None:
        self._tasks = [asyncio.ensure_future(each) for each in work]
        self._running = set(self._tasks)
        self._left = set(self._tasks)  # to cancel; once, so that a task can clean up

    async def finished(self) -> list[tuple[int, Optional[Any]]]:
        # Not `await task`: whether this task or that one is cancelled makes a difference.
        done, self._running = await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
        return [(number, None if task.cancelled() else task.result())
                for number, task in enumerate(self._tasks) if task in done]

    async def end(self) -> None:
        others = {task for task in self._tasks if task is not asyncio.current_task()}
        for task in others & self._left:
            task.cancel()
        self._left -= others
        cancelled: Optional[BaseException] = None
        while any(not task.done() for task in others):
            try:
                await asyncio.wait(others)
            except asyncio.CancelledError as error:
                cancelled = error  # anyio's scopes cancel again and again
        for task in others:
            task.cancelled() or task.exception()  # it was seen
        if cancelled is not None:
            raise cancelled
