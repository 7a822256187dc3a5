"""The tool loop of AsyncClient."""

from __future__ import annotations

import inspect
from typing import Any, AsyncGenerator, AsyncIterator, Coroutine, Optional, Union

from . import _ffi
from ._async_loop import trio_token
from ._async_stream import AsyncStream
from ._call import read_completion
from ._closing import AsyncClosing
from ._models import ChatCompletion, ToolCall, text_of_first
from ._tool_runner import BaseToolRunner, Part, closed
from ._tools import ToolResult, content_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._async_client import AsyncClient
    from ._async_loop import LoopCall


class AsyncToolRunner(BaseToolRunner[Part], AsyncClosing):
    """A tool loop. Iteration gives each step: an answer, or the chunks of it, and after it a ToolResult of each call.

    The calls of one answer run at the same time, each in a task; their results come as they are ready. A function that
    is not asynchronous runs in the event loop. If the task that iterates is cancelled, so are the tasks and the call.
    """

    def __init__(self, client: AsyncClient, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._client, self._call = client, None  # type: AsyncClient, Optional[LoopCall]
        self._work: Any = None  # the functions in progress
        self._steps = self._run()

    def __aiter__(self) -> AsyncIterator[Union[Part, ToolResult]]:
        return self

    async def __anext__(self) -> Union[Part, ToolResult]:
        step: Union[Part, ToolResult] = await self._steps.__anext__()
        return step

    async def _run(self) -> AsyncGenerator[Any, None]:
        while not self._is_over:
            client, request, options = self._parts(self._client)
            is_stream = self._arguments["stream"]
            function = _ffi.dosai_loop_submit_stream if is_stream else _ffi.dosai_loop_submit_chat
            self._call = call = await client._submit(function, options, request.pointer)
            if self._is_closed:
                call.cancel()
            if is_stream:
                stream = await AsyncStream.open(call)
                async for chunk in stream:
                    yield chunk
                calls = self._add(stream.current_completion_snapshot)
            else:
                completion = read_completion(await call.answer())
                yield completion
                calls = self._add(completion)
            if not calls:
                continue
            if self._is_closed:
                raise closed()
            self._work = work = at_once([self._answer(each) for each in calls])
            results: dict[int, ToolResult] = {}
            try:
                while len(results) < len(calls):
                    for number, result in await work.finished():
                        if result is None:
                            raise closed()
                        results[number] = result
                        yield result
            finally:
                await work.end()
            self._add_results(result for _, result in sorted(results.items()))

    async def _answer(self, call: ToolCall) -> ToolResult:
        result = ToolResult(call)
        try:
            value = self._tools.bind(result)()
            result.content = content_of(await value if inspect.isawaitable(value) else value)
        except Exception as error:
            self._tools.fail(result, error)
        return result

    async def get_final_completion(self) -> ChatCompletion:
        """Runs the loop to its end, and returns the model's answer."""
        async for _ in self:
            pass
        return self._final()

    async def get_final_text(self) -> str:
        """Runs the loop to its end, and returns the text of the model's answer."""
        return text_of_first(await self.get_final_completion())

    async def close(self) -> None:
        """Stops the loop: the call and the functions in progress are cancelled. A task in it gets APICancelledError."""
        self._is_closed = True
        if self._call is not None:
            self._call.cancel()
        if self._work is not None:
            await self._work.end()
        try:
            await self._steps.aclose()
        except RuntimeError:
            pass  # a task is in it

    aclose = close


def at_once(work: list[Coroutine[Any, Any, ToolResult]]) -> Any:
    """Starts all of it. `finished()` waits for some of it, and returns pairs of its number and its result, which is None
    if it was cancelled. `end()` cancels all of it but its own caller, and waits."""
    if trio_token() is not None:
        from ._trio import AtOnce

        return AtOnce(work)
    from ._asyncio import AtOnce as AsyncioAtOnce

    return AsyncioAtOnce(work)
