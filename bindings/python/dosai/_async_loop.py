"""The library's loop inside an event loop, of asyncio or trio: its calls and their events."""

from __future__ import annotations

import os
import sys
from asyncio import AbstractEventLoop, CancelledError, get_running_loop
from collections import deque
from ctypes import byref, c_int64, c_void_p
from functools import partial
from itertools import count
from weakref import WeakValueDictionary

from . import _ffi
from ._call import Handle, check, raised_by_key, read_error
from ._chunks import ChatCompletionChunk, EventBuilder, ServerSentEvent, reader, text_chunk
from ._errors import APICancelledError, DosaiError
from ._raised import freeing, here

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contextvars import Context
    from typing import Any, Callable, Generator, Optional

    from ._response import Request

_step = _ffi.dosai_loop_step_unchecked
_next = _ffi.dosai_loop_next_unchecked
_numbers = reader(_ffi.dosai_event, "kind", "tag", "chunk")
_CHUNK = _ffi.EVENT_CHUNK
_EVENTS_PER_TURN = 100  # events to handle before the event loop gets a turn; the chunks of more leave the cache
_UNREAD_MAX = 256 << 10  # bytes that unread chunks may occupy
_CHUNK_SIZE = 1024  # of a chunk, without its text


class Loops:
    """The loops of a client and its copies: one for each event loop that runs their calls."""

    def __init__(self) -> None:
        self._process = os.getpid()
        # The event loop owns its readers: when it is closed, the library's loop is closed, too.
        self._loops: WeakValueDictionary[object, Loop] = WeakValueDictionary()

    def running(self) -> Loop:
        token = trio_token()
        if token is not None:
            return self.of(token, lambda: trio_loop(token))
        event_loop = get_running_loop()
        return self.of(event_loop, lambda: event_loop)

    def of(self, key: object, event_loop: Callable[[], Any]) -> Loop:
        if self._process != os.getpid():
            self.__init__()  # type: ignore[misc]  # those of the parent stay as they are
        loop = self._loops.get(key)
        if loop is None:
            loop = self._loops[key] = Loop(event_loop())
        return loop

    def __del__(self) -> None:
        if self._process != os.getpid():
            return
        for loop in list(self._loops.values()):
            try:
                loop.event_loop.call_soon_threadsafe(loop.retire)
            except RuntimeError:
                pass  # the event loop is closed


def trio_token() -> Any:
    """What stands for trio's run; None: the running task is not trio's."""
    if "trio" not in sys.modules:
        return None
    from ._trio import token

    return token()


def trio_loop(token: Any) -> Any:
    from ._trio import TrioLoop

    return TrioLoop(token)


class Loop:
    """One loop of the library, read by one event loop."""

    def __init__(self, event_loop: Any) -> None:
        loop, error = _ffi.dosai_loop(), _ffi.dosai_error()
        check(_ffi.dosai_loop_new(None, byref(loop), byref(error)), error)
        self.event_loop = event_loop
        self._waiter = getattr(event_loop, "waiter", None) or partial(Waiter, event_loop)
        self.unfinished: dict[int, Handle] = {}  # the clients of calls: they have functions that these call
        self._has_raised = False  # what a callback has raised
        self._at_end: list[BaseException] = []
        self._stopped: set[int] = set()  # the calls that have raised it
        self._handle: Optional[Handle] = Handle(loop, freeing(close, self._at_end), keep=self.unfinished)
        self._pointer, self._error = loop, error
        self._calls: dict[int, LoopCall] = {}
        self._tags, self._is_retired = count(1), False
        self._has_more = False  # events, before more is read from the network
        self._arrivals: list[Waiter] = []
        self._out = c_void_p()
        self._address, self._event = 0, _ffi.dosai_event()
        self._chunk_address, self._chunk = 0, _ffi.dosai_chunk()
        # Converted once, not for each event.
        pointer = c_void_p.from_param(loop.value)
        self._step_arguments = pointer, c_int64.from_param(0), None, None, None, byref(error)
        self._next_arguments = pointer, byref(self._out), byref(error)
        event_loop.add_reader(_ffi.dosai_loop_fd(loop), self._read)

    def submit(self, function: Callable[..., int], client: Handle, options: Any, *arguments: Any) -> LoopCall:
        """Submits a call with a function of the library."""
        pointer, error, tag = _ffi.dosai_call(), _ffi.dosai_error(), next(self._tags)
        out = byref(pointer), byref(error)
        check(function(self._pointer, client.pointer, *arguments, byref(options), tag, *out), error, options.request)
        self.unfinished[tag] = client
        handle = Handle(pointer, _ffi.dosai_call_free)
        call = self._calls[tag] = LoopCall(handle, options.request, tag, self._calls, self._waiter, self._arrivals)
        if here.by_others:
            call.cancel()
            self._has_raised = True
            self._stopped.add(tag)
            raise here.by_others.pop()
        return call

    def retire(self) -> None:
        """Closes the loop when its last call has ended."""
        self._is_retired = True
        if self._handle is not None and not self._calls:
            self.event_loop.remove_reader(_ffi.dosai_loop_fd(self._pointer))
            self._handle = None
            if self._at_end and not self._has_raised:  # the ends of calls that have raised may raise once more
                raise self._at_end.pop()

    def __del__(self) -> None:
        for call in list(self._calls.values()):
            call.abandon()

    def _read(self) -> None:
        """Handles the events that have arrived, then lets the tasks that waited for them go on."""
        arrivals = self._arrivals
        try:
            self._handle_events()
            if here.by_others:
                self._has_raised = True
                raise here.by_others.pop()
            arrivals.reverse()
            while arrivals:
                arrivals.pop().wake()
        finally:  # a task, or Ctrl-C, may end the event loop
            while arrivals:
                arrivals.pop().wake_soon()

    def _handle_events(self) -> None:
        """Handles the events that have arrived. If there are too many for one turn, the descriptor stays readable."""
        if not self._has_more and _step(*self._step_arguments):
            self._fail()
            return
        self._has_more = True
        arguments, out, calls = self._next_arguments, self._out, self._calls
        for _ in range(_EVENTS_PER_TURN):
            if _next(*arguments):
                self._fail()
                return
            address = out.value
            if address != self._address:
                if address is None:
                    self._has_more = False
                    break
                self._address, self._event = address, _ffi.dosai_event.from_address(address)
            kind, tag, address = _numbers(self._event)
            call = calls.get(tag)
            if kind != _CHUNK:
                self.unfinished.pop(tag, None)
                if tag in self._stopped:  # it has raised already
                    self._stopped.discard(tag)
                    here.by_others.clear()
                raised = raised_by_key(self._event.error)
            if call is None:
                continue
            try:
                if kind != _CHUNK:
                    call.end(self._event, raised)
                    continue
                if address != self._chunk_address:
                    self._chunk_address, self._chunk = address, _ffi.dosai_chunk.from_address(address)
                call.add_chunk(self._chunk)
            except Exception as error:
                call.fail(error)
        if self._is_retired:
            self.retire()

    def _fail(self) -> None:
        """The loop can no longer be used, for example in a forked child."""
        try:
            check(_ffi.dosai_error_status(self._error), self._error)
        except DosaiError as error:
            for call in list(self._calls.values()):
                call.fail(error)
        self.unfinished.clear()


def close(loop: Any) -> None:
    _ffi.dosai_loop_close(loop, _ffi.dosai_event_fn(), None, None)


class LoopCall:
    """A call in flight, with its unread chunks."""

    def __init__(
        self,
        handle: Handle,
        request: Optional[Request],
        tag: int,
        calls: dict[int, LoopCall],
        make_waiter: Callable[[], Waiter],
        arrivals: list[Waiter],
    ) -> None:
        self._handle: Optional[Handle] = handle  # dropped when the call ends: it would keep the loop's descriptors open
        self.request, self._tag, self._calls = request, tag, calls
        self._make_waiter, self._arrivals = make_waiter, arrivals
        self._waiter: Optional[Waiter] = None
        self.read: Callable[[Any], Any] = text_chunk  # makes what is given of most events
        self.chunks: deque[Any] = deque()  # of what `read` makes, ChatCompletionChunk or ServerSentEvent
        self._unread_bytes, self._is_paused = 0, False
        self._builder: Optional[EventBuilder] = None
        self._answer: Optional[Handle] = None
        self._failure: Optional[Callable[[], BaseException]] = None

    @property
    def is_over(self) -> bool:
        return self._handle is None

    def add_chunk(self, view: Any) -> None:
        """Handles a chunk, which the library overwrites with the next one."""
        chunk = (self.read(view) if self._builder is None else None) or self._event(view)
        if chunk is None:
            return
        self.chunks.append(chunk)
        self._unread_bytes = unread = self._unread_bytes + _CHUNK_SIZE + (view.json_length or view.text_length)
        if unread >= _UNREAD_MAX and not self._is_paused and self._handle is not None:
            self._is_paused = True
            _ffi.dosai_call_pause(self._handle.pointer)
        if self._waiter is not None:
            self._arrive()

    def _event(self, view: Any) -> Any:
        """The event that ends with this chunk; None if it goes on."""
        if view.kind == _ffi.CHUNK_EVENT:
            return ServerSentEvent.read(view)
        if self._builder is None:
            self._builder = EventBuilder(view)
        chunk = self._builder.add(view)
        if chunk is not None:
            self._builder = None
        return chunk

    def end(self, event: Any, raised: Optional[BaseException]) -> None:
        """Handles the last event of the call. `raised`: by the function api_key."""
        completion, response, error, failure = event.completion, event.response, event.error, _ffi.dosai_error()
        if error:
            copy = _ffi.dosai_error()
            check(_ffi.dosai_error_copy(error, byref(copy), byref(failure)), failure)
            owner, request = Handle(copy, _ffi.dosai_error_free), self.request
            self._failure = lambda: raised or read_error(_ffi.dosai_error_status(owner.pointer), owner, request)
            completion = _ffi.dosai_error_completion(error)
        if completion:
            answer = _ffi.dosai_completion()
            check(_ffi.dosai_completion_copy(completion, byref(answer), byref(failure)), failure)
            self._answer = Handle(answer, _ffi.dosai_completion_free)
        if response:
            answered = _ffi.dosai_response()
            check(_ffi.dosai_response_copy(response, byref(answered), byref(failure)), failure)
            self._answer = Handle(answered, _ffi.dosai_response_free)
        if self._waiter is not None:
            self._arrive()
        self._finish()

    def fail(self, error: Exception) -> None:
        """Ends the call with an error that does not come from the server."""
        self._failure = lambda: error
        self.cancel()

    def abandon(self) -> None:
        """Ends the call when the event loop is closed, without notifying anyone."""
        self._waiter = None
        self.cancel()

    def cancel(self) -> None:
        """Ends the call, unless it has ended. Works from any thread, and wakes up whoever waits for the call."""
        handle = self._handle
        if handle is None:
            return
        if self._failure is None:
            self.chunks.clear()
            self._failure = cancelled
        _ffi.dosai_call_cancel(handle.pointer)
        self._finish()

    def _arrive(self) -> None:
        """What a task waits for has arrived."""
        assert self._waiter is not None
        self._arrivals.append(self._waiter)
        self._waiter = None

    def _finish(self) -> None:
        self._calls.pop(self._tag, None)
        self._handle = None
        waiter, self._waiter = self._waiter, None
        if waiter is not None:
            waiter.wake_soon()

    async def wait(self) -> None:
        """Waits until there is a chunk, or the call has ended. Cancelling the wait cancels the call."""
        if self._waiter is not None:
            raise DosaiError("another task is waiting for the stream's next chunk", status="BUSY")
        self._unread_bytes = 0
        if self._is_paused and self._handle is not None:
            self._is_paused = False
            _ffi.dosai_call_resume(self._handle.pointer)
        self._waiter = waiter = self._make_waiter()
        try:
            await waiter
        except BaseException:
            if self._waiter is waiter:
                self._waiter = None
            self.cancel()
            raise

    def check(self) -> None:
        """Raises the error of the call, if it failed."""
        if self._failure is not None:
            raise self._failure()

    def completion(self) -> Handle:
        """Returns the part of the answer that has arrived."""
        if self._answer is not None:
            return self._answer
        if self._handle is None:
            raise cancelled()
        completion, error = _ffi.dosai_completion(), _ffi.dosai_error()
        check(_ffi.dosai_call_completion(self._handle.pointer, byref(completion), byref(error)), error)
        return Handle(completion, _ffi.dosai_completion_free)

    async def answer(self) -> Handle:
        """Waits for the answer of a call without streaming."""
        while not self.is_over:
            await self.wait()
        self.check()
        return self.completion()


class Waiter:
    """What a task waits for: a Future to asyncio, but its task can go on at once, not in the next turn of the event
    loop. A turn costs more than a chunk."""

    __slots__ = ("_asyncio_future_blocking", "_event_loop", "_callback", "_context", "_cancelled")

    def __init__(self, event_loop: AbstractEventLoop) -> None:
        self._asyncio_future_blocking, self._event_loop = True, event_loop
        self._callback: Optional[Callable[[Waiter], object]] = None
        self._cancelled: Optional[tuple[Any, ...]] = None  # what its error says

    def __await__(self) -> Generator[Waiter, None, None]:
        yield self

    def wake(self) -> None:
        callback, self._callback = self._callback, None
        if callback is not None:
            self._context.run(callback, self)

    def wake_soon(self) -> None:
        callback, self._callback = self._callback, None
        if callback is not None:
            self._event_loop.call_soon(callback, self, context=self._context)

    # What a Task asks of a Future:

    def get_loop(self) -> AbstractEventLoop:
        return self._event_loop

    def add_done_callback(self, callback: Callable[[Waiter], object], *, context: Context) -> None:
        self._callback, self._context = callback, context

    def cancel(self, msg: Any = None) -> bool:
        if self._callback is None:
            return False
        self._cancelled = () if msg is None else (msg,)  # anyio's cancel scopes know theirs by it
        self.wake_soon()
        return True

    def result(self) -> None:
        if self._cancelled is not None:
            raise CancelledError(*self._cancelled)


def cancelled() -> APICancelledError:
    return APICancelledError("the call was cancelled", status="CANCELLED")
