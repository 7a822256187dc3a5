"""gevent and eventlet, as far as the library's loop needs an event loop. Loaded only where one of them is.

Where their sockets have replaced Python's, the calls of Client wait in their hub, so that other greenlets go on.
"""

from __future__ import annotations

from sys import modules
from weakref import WeakKeyDictionary

from . import _ffi
from ._async_loop import Loop, Loops
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
_kept: WeakKeyDictionary[Any, Loop] = WeakKeyDictionary()  # the hub owns its loop
_loops = Loops()


class GeventLoop:
    """What asyncio's event loop is to a Loop."""

    def __init__(self, hub: Any) -> None:
        self._loop = hub.loop
        self.waiter: Callable[[], Any] = lambda: GeventWaiter(hub)

    def add_reader(self, descriptor: int, read: Callable[[], object]) -> None:
        self._watcher = self._loop.io(descriptor, 1)
        self._watcher.start(read)

    def remove_reader(self, descriptor: int) -> None:
        self._watcher.close()

    def call_soon_threadsafe(self, function: Callable[[], object]) -> None:
        self._loop.run_callback_threadsafe(function)


class GeventWaiter:
    """What a greenlet waits for. `wake` is called in the hub, `wake_soon` in any thread."""

    def __init__(self, hub: Any) -> None:
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
    """What asyncio's event loop is to a Loop."""

    def __init__(self, hub: Any) -> None:
        self._hub = hub
        self.waiter: Callable[[], Any] = lambda: EventletWaiter(hub)

    def add_reader(self, descriptor: int, read: Callable[[], object]) -> None:
        ignore: Callable[..., None] = lambda *_: None
        self._listener = self._hub.add(self._hub.READ, descriptor, lambda _: read(), ignore, ignore)

    def remove_reader(self, descriptor: int) -> None:
        self._hub.remove(self._listener)

    def call_soon_threadsafe(self, function: Callable[[], object]) -> None:
        self._hub.schedule_call_global(0, function)


class EventletWaiter:
    """What a greenlet waits for. `wake` is called in the hub, `wake_soon` in any greenlet."""

    def __init__(self, hub: Any) -> None:
        self._hub = hub
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
        if self._greenlet is not None:
            self._greenlet.switch()

    def wake_soon(self) -> None:
        self._hub.schedule_call_global(0, self.wake)


def running() -> Optional[Greenlets]:
    """Those of this thread; None: greenlets do not share its sockets."""
    if "gevent.monkey" in modules and modules["gevent.monkey"].is_module_patched("socket"):
        return Greenlets(modules["gevent"].get_hub(), GeventLoop)
    if "eventlet.patcher" in modules and modules["eventlet.patcher"].is_monkey_patched("socket"):
        return Greenlets(modules["eventlet.hubs"].get_hub(), EventletLoop)
    return None


class Greenlets:
    """Makes the calls of blocking functions of the library in the loop of a hub."""

    def __init__(self, hub: Any, event_loop: Callable[[Any], Any]) -> None:
        self._loop = _kept[hub] = _loops.of(hub, lambda: event_loop(hub))

    def answer(self, function: Any, client: Handle, *arguments: Any) -> Handle:
        answer: Handle = drive(self._loop.submit(_SUBMITS[function.__name__], client, *arguments).answer())
        return answer

    def stream(self, function: Any, client: Handle, *arguments: Any) -> GreenStream:
        return GreenStream(drive(BaseAsyncStream.open(self._loop.submit(_SUBMITS[function.__name__], client, *arguments))))


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

    def close(self) -> None:
        drive(self._stream.close())


def drive(work: Coroutine[Any, Any, Any]) -> Any:
    """What it returns. Its waits are the hub's, so that it is done when it gives its turn away."""
    try:
        work.send(None)
    except StopIteration as end:
        return end.value
    raise RuntimeError("it waits for something else than a hub")
