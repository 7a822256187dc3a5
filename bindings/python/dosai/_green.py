"""gevent and eventlet, as far as the library's loop needs an event loop. Loaded only where one of them is.

Where their sockets have replaced Python's, the calls of Client wait in their hub, so that other greenlets go on.
"""

from __future__ import annotations

import os
from sys import modules

from . import _ffi
from ._async_loop import Loop, LoopCall
from ._async_stream import BaseAsyncStream
from ._call import Handle

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Coroutine, Generator, Optional

_SUBMITS = {
    "dosai_chat": _ffi.dosai_loop_submit_chat,
    "dosai_client_get": _ffi.dosai_loop_submit_get,
    "dosai_client_post": _ffi.dosai_loop_submit_post,
    "dosai_stream_open": _ffi.dosai_loop_submit_stream,
    "dosai_stream_open_post": _ffi.dosai_loop_submit_stream_post,
}
_kept: Any = None  # of each thread its loop, which ends with the thread, although the hub may stay


class GeventLoop:
    """What asyncio's event loop is to a Loop. Its watcher is active while there are calls: an active one would keep the
    hub, and in a forked child it would not come to rest."""

    def __init__(self, loop: Any) -> None:
        self._loop, self.waiter = loop, GeventWaiter

    def add_reader(self, descriptor: int, read: Callable[[], object]) -> None:
        self._descriptor, self._read = descriptor, read
        self._watcher = self._loop.io(descriptor, 1)

    def watch(self, calls: dict[int, Handle]) -> None:
        if not self._watcher.active:
            self._watcher.start(self._step, calls)

    def _step(self, calls: dict[int, Handle]) -> None:
        try:
            self._read()
        except BaseException:
            # gevent goes on in the main greenlet, and stops this watcher only when that waits again, maybe for a call.
            self._watcher.stop()
            self.add_reader(self._descriptor, self._read)
            if calls:
                self.watch(calls)
            raise
        if not calls:
            self._watcher.stop()


class GeventWaiter:
    """What a greenlet waits for. `wake` is called in the hub, `wake_soon` in any thread."""

    def __init__(self) -> None:
        hub = modules["gevent"].get_hub()
        self._loop, self._waiter = hub.loop, modules["gevent.hub"].Waiter(hub)

    def __await__(self) -> Generator[Any, Any, Any]:
        self._waiter.get()
        return
        yield

    def wake(self) -> None:
        self._waiter.switch(None)

    def wake_soon(self) -> None:
        self._loop.run_callback_threadsafe(self.wake)


class EventletLoop:
    """As GeventLoop."""

    def __init__(self, hub: Any) -> None:
        self._hub, self.waiter = hub, EventletWaiter
        self._listener: Any = None

    def add_reader(self, descriptor: int, read: Callable[[], object]) -> None:
        self._descriptor, self._read = descriptor, read

    def watch(self, calls: dict[int, Handle]) -> None:
        if self._listener is None:
            ignore: Callable[..., None] = lambda *_: None
            self._listener = self._hub.add(self._hub.READ, self._descriptor, lambda _: self._step(calls), ignore, ignore)

    def _step(self, calls: dict[int, Handle]) -> None:
        self._read()
        if not calls:
            self._hub.remove(self._listener)
            self._listener = None


class EventletWaiter:
    """What a greenlet waits for. `wake` is called in the hub, `wake_soon` in any greenlet."""

    def __init__(self) -> None:
        self._hub = modules["eventlet.hubs"].get_hub()
        self._greenlet: Any = None

    def __await__(self) -> Generator[Any, Any, Any]:
        self._greenlet = modules["greenlet"].getcurrent()
        try:
            self._hub.switch()
        finally:
            self._greenlet = None
        return
        yield

    def wake(self) -> None:
        # Not at once: if the thread ends then, its hub stays inside of this call, and keeps the loop.
        self._hub.schedule_call_global(0, self._switch)

    wake_soon = wake

    def _switch(self) -> None:
        if self._greenlet is not None:
            self._greenlet.switch()


def running() -> Optional[Greenlets]:
    """Those of this thread; None: greenlets do not share its sockets."""
    if "gevent.monkey" in modules and modules["gevent.monkey"].is_module_patched("socket"):
        return Greenlets(modules["gevent"].get_hub().loop, GeventLoop, modules["gevent.monkey"].get_original)
    if "eventlet.patcher" in modules and modules["eventlet.patcher"].is_monkey_patched("socket"):
        return Greenlets(modules["eventlet.hubs"].get_hub(), EventletLoop, original)
    return None


def original(module: str, name: str) -> Any:
    return getattr(modules["eventlet.patcher"].original(module), name)


class Greenlets:
    """Makes the calls of blocking functions of the library in the loop of a hub."""

    def __init__(self, hub: Any, event_loop: Callable[[Any], Any], original: Callable[[str, str], Any]) -> None:
        global _kept
        if _kept is None:
            _kept = original("threading", "local")()
        process, owner, self._loop = vars(_kept).get("loop", (0, None, None))
        if process != os.getpid() or owner is not hub:
            self._loop = Loop(event_loop(hub))
            _kept.loop = os.getpid(), hub, self._loop

    def answer(self, function: Any, client: Handle, options: Any, *arguments: Any) -> Handle:
        answer: Handle = drive(self._submit(function, client, options, arguments).answer())
        return answer

    def stream(self, function: Any, client: Handle, options: Any, *arguments: Any) -> GreenStream:
        return GreenStream(drive(BaseAsyncStream.open(self._submit(function, client, options, arguments))))

    def _submit(self, function: Any, client: Handle, options: Any, arguments: tuple[Any, ...]) -> LoopCall:
        call: LoopCall = self._loop.submit(_SUBMITS[function.__name__], client, options, *arguments)
        self._loop.event_loop.watch(self._loop.unfinished)
        return call


class GreenStream:
    """A stream of the loop, read by greenlets."""

    def __init__(self, stream: BaseAsyncStream) -> None:
        self._stream = stream
        self.completion_so_far = stream._completion_so_far

    def next(self) -> Any:
        try:
            return drive(self._stream.__anext__())
        except StopAsyncIteration:
            raise StopIteration from None

    def read_with(self, read: Callable[[Any], Any]) -> None:
        self._stream._read_with(read)

    def close(self) -> None:
        drive(self._stream.close())


def drive(work: Coroutine[Any, Any, Any]) -> Any:
    """What it returns. Its waits are the hub's, so that it is done when it gives its turn away."""
    try:
        work.send(None)
    except StopIteration as end:
        return end.value
    raise RuntimeError("it waits for something else than a hub")
