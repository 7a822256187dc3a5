"""Streaming calls, read chunk by chunk."""

from __future__ import annotations

from ctypes import byref, c_int64, c_void_p

from . import _ffi
from ._call import Call, Handle, check, greenlets, read_completion, read_response
from ._chunks import ChatCompletionChunk, EventBuilder, ServerSentEvent, text_chunk
from ._closing import Closing
from ._errors import DosaiError, closed_early
from ._models import ChatCompletion, text_of_first
from ._parse import parsed
from ._raised import freeing, here

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Optional

    from typing_extensions import Self

    from ._green import GreenStream
    from ._response import Response

_next = _ffi.dosai_stream_next_unchecked
_WATCH_MS = 50  # the delay of close() in another thread


class BaseStream(Closing):
    """What a stream of any endpoint has."""

    def __init__(self, client: Handle, call: Call, function: Callable[..., int], *arguments: Any) -> None:
        self._handle: Optional[Handle] = None
        self._green: Optional[GreenStream] = None
        self._request = call.options.request
        green = greenlets()
        if green is not None:
            self._green = green.stream(function, client, call.options, *arguments)
            return
        call.options.wait_interval_ms = _WATCH_MS
        if call.on_wait is None:
            call.watch()
        stream, error = _ffi.dosai_stream(), _ffi.dosai_error()
        status = call.run(function, client, *arguments, byref(call.options), byref(stream), byref(error))
        # The client keeps functions that the stream calls to its end.
        self._at_end: list[BaseException] = []
        self._handle = Handle(stream, freeing(_ffi.dosai_stream_free, self._at_end), (call, client))
        call.check(status, error)
        self._call, self._raised, self._is_observed = call, call.raised, bool(client._keep.on_event)
        self._turn, self._ended = [None], False  # the thread that reads holds the list's element
        self._address, self._view = 0, _ffi.dosai_chunk()
        self._read: Callable[[Any], Any] = text_chunk  # makes what is given of most events
        self._out, self._error = c_void_p(), error
        # Converted once, not for each chunk.
        self._arguments = (
            c_void_p.from_param(stream.value), c_int64.from_param(-1), byref(self._out), byref(error)
        )

    def __next__(self) -> Any:
        handle = self._handle  # kept until the end, although another thread may close the stream
        if handle is None:
            if self._green is not None:
                return self._green.next()
            raise closed_early()
        try:
            self._turn.pop()
        except IndexError:
            raise DosaiError("another call is waiting for the stream's next chunk", status="BUSY") from None
        try:
            status = _next(*self._arguments)
            if status or self._raised or self._out.value != self._address:
                self._settle(status)
            return self._read(self._view) or self._event()
        finally:
            self._turn.append(None)

    def _read_with(self, read: Callable[[Any], Any]) -> None:
        if self._green is not None:
            self._green.read_with(read)
        else:
            self._read = read

    def _settle(self, status: int) -> None:
        """Raises, or finds the library's memory for chunks."""
        if status or self._raised or here.by_others:
            self._call.check(status, self._error)
        address = self._out.value
        if address is None:
            self._ended = True
            raise StopIteration
        self._view = _ffi.dosai_chunk.from_address(address)
        self._address = 0 if self._is_observed else address  # 0: what on_event raises is looked for at each chunk

    def _event(self) -> Any:
        """The event that starts with this chunk."""
        raise NotImplementedError

    @property
    def response(self) -> Response:
        """The status and the headers of the answer."""
        return read_response(self._completion_so_far(), self._request, self)

    def close(self) -> None:
        """Stops the call if it has not ended. Whoever then reads, or waits for a chunk, gets APICancelledError."""
        if self._green is not None:
            self._green.close()
        elif not self._ended:
            self._call.stopped.append(None)  # for a thread that waits
            self._handle = None
            if self._at_end and not self._call.has_raised:
                raise self._at_end.pop()

    def _completion_so_far(self) -> Handle:
        if self._green is not None:
            return self._green.completion_so_far()
        handle = self._handle
        if handle is None:
            raise closed_early()
        completion, error = _ffi.dosai_completion(), _ffi.dosai_error()
        check(_ffi.dosai_stream_completion(handle.pointer, byref(completion), byref(error)), error)
        return Handle(completion, _ffi.dosai_completion_free)

    def __iter__(self) -> Self:
        return self


class Stream(BaseStream):
    """The chunks of an answer as they arrive. Iteration ends only after a complete answer; otherwise it raises.

    One thread at a time may iterate; any thread may close it.
    """

    _shape: Any = None  # what parse() was asked for

    def __init__(self, client: Handle, request: Handle, call: Call) -> None:
        super().__init__(client, call, _ffi.dosai_stream_open, request.pointer)

    if TYPE_CHECKING:

        def __next__(self) -> ChatCompletionChunk: ...

    def _event(self) -> ChatCompletionChunk:
        """The server's JSON, with the texts that the library returned."""
        builder = EventBuilder(self._view)
        while True:
            chunk = builder.add(self._view)
            if chunk is not None:
                return chunk
            self._settle(_next(*self._arguments))

    @property
    def current_completion_snapshot(self) -> ChatCompletion:
        """The completion assembled from the chunks read so far."""
        return read_completion(self._completion_so_far())

    def get_final_completion(self) -> ChatCompletion:
        """Reads the stream to its end, and returns the completion."""
        for _ in self:
            pass
        return parsed(self.current_completion_snapshot, self._shape)

    def get_final_text(self) -> str:
        """Reads the stream to its end, and returns the text of its first choice."""
        return text_of_first(self.get_final_completion())


class EventStream(BaseStream):
    """The server-sent events of any endpoint as they arrive: see Client.post. Iteration ends only after the last event of
    a complete stream; otherwise it raises."""

    if TYPE_CHECKING:

        def __next__(self) -> ServerSentEvent: ...

    def _event(self) -> ServerSentEvent:
        return ServerSentEvent.read(self._view)
