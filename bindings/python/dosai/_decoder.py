"""The reader without the network."""

from __future__ import annotations

from _thread import allocate_lock
from ctypes import byref, c_void_p, sizeof

from . import _ffi
from ._call import Handle, check, read_completion
from ._chunks import ChatCompletionChunk, EventBuilder, text_chunk
from ._client import set_option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Optional, Union

    from ._models import ChatCompletion


class Decoder:
    """Turns the body of a chat's stream, which your program receives itself, into chunks.

    Feed it the body of a response whose status is 2xx, split anywhere, and iterate after each part: it gives the chunks
    that have arrived. Call `finish()` when the body has ended; iteration then gives the rest, and raises unless the
    answer is complete. The limits of a client apply (max_event_bytes, ...), and `api_key`, which is replaced where a
    server echoes it.
    """

    def __init__(self, *, api_key: Optional[str] = None, **limits: Any) -> None:
        fields = _ffi.dosai_client_options()
        _ffi.dosai_client_options_init(byref(fields), sizeof(fields))
        for name, value in {"api_key": api_key, **limits}.items():
            set_option(fields, name, value)
        decoder, error = _ffi.dosai_decoder(), _ffi.dosai_error()
        check(_ffi.dosai_decoder_new(byref(fields), byref(decoder), byref(error)), error)
        self._handle = Handle(decoder, _ffi.dosai_decoder_free)
        self._lock = allocate_lock()

    def feed(self, part: Union[bytes, bytearray, memoryview]) -> None:
        """Takes the next part of the body."""
        text, error = bytes(memoryview(part)), _ffi.dosai_error()
        with self._lock:
            check(_ffi.dosai_decoder_feed(self._handle.pointer, text, len(text), byref(error)), error)

    def finish(self) -> None:
        """Says that the body has ended as HTTP requires. If it was cut off, do not call this."""
        error = _ffi.dosai_error()
        with self._lock:
            check(_ffi.dosai_decoder_finish(self._handle.pointer, byref(error)), error)

    def __iter__(self) -> Decoder:
        return self

    def __next__(self) -> ChatCompletionChunk:
        with self._lock:
            view = self._next()
            chunk = text_chunk(view)
            if chunk is not None:
                return chunk
            builder = EventBuilder(view)
            while True:
                chunk = builder.add(view)
                if chunk is not None:
                    return chunk
                view = self._next()

    def _next(self) -> Any:
        """The next chunk. Stops if the answer is over, or needs more of the body."""
        out, error = c_void_p(), _ffi.dosai_error()
        status = _ffi.dosai_decoder_next(self._handle.pointer, byref(out), byref(error))
        if status != _ffi.WOULD_BLOCK:
            check(status, error)
        if out.value is None:
            raise StopIteration
        return _ffi.dosai_chunk.from_address(out.value)

    @property
    def current_completion_snapshot(self) -> ChatCompletion:
        """The completion assembled from the chunks read so far."""
        completion, error = _ffi.dosai_completion(), _ffi.dosai_error()
        with self._lock:
            check(_ffi.dosai_decoder_completion(self._handle.pointer, byref(completion), byref(error)), error)
        return read_completion(Handle(completion, _ffi.dosai_completion_free))

    def get_final_completion(self) -> ChatCompletion:
        """Finishes, reads what is left, and returns the completion. Raises unless the answer is complete."""
        self.finish()
        for _ in self:
            pass
        return self.current_completion_snapshot
