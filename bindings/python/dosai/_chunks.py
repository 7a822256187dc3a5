"""The chunks of a stream. Most contain one text, or a piece of a tool call's arguments; they are created without
parsing the event's JSON."""

from __future__ import annotations

from ctypes import c_void_p, sizeof, string_at
from struct import Struct

from . import _ffi
from ._json import decode, decode_received
from ._models import ChoiceLogprobs, CompletionUsage, LazyModel, Model, Moderation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Optional

    from typing_extensions import Self


class EventPart(LazyModel):
    """A part of an event. If created from one text, it parses the event's JSON only when more is asked for."""

    __slots__ = ()
    if TYPE_CHECKING:

        def __init__(self) -> None: ...
    else:
        __init__ = object.__init__  # so that no Python function is called for each part of each chunk

    @classmethod
    def _of(cls, fields: dict[str, Any]) -> Self:
        part = cls()
        part._source = None
        part._set(fields)
        return part


class FunctionDelta(EventPart):
    name: Optional[str]
    arguments: Optional[str]
    _absent = frozenset(("name",))

    @staticmethod
    def _find(value: dict[str, Any], index: int) -> dict[str, Any]:
        function: dict[str, Any] = ToolCallDelta._find(value, index)["function"]
        return function


class ToolCallDelta(EventPart):
    index: int
    id: Optional[str]
    type: Optional[str]
    function: Optional[FunctionDelta]
    _nested = {"function": FunctionDelta}
    _absent = frozenset(("id", "type"))

    @staticmethod
    def _find(value: dict[str, Any], index: int) -> dict[str, Any]:
        tool_call: dict[str, Any] = ChoiceDelta._find(value, index)["tool_calls"][0]
        return tool_call


class AudioDelta(Model):
    id: Optional[str]
    data: Optional[str]
    expires_at: Optional[int]
    transcript: Optional[str]


class ChoiceDelta(EventPart):
    role: Optional[str]
    content: Optional[str]
    refusal: Optional[str]
    tool_calls: Optional[list[ToolCallDelta]]
    function_call: Optional[FunctionDelta]
    audio: Optional[AudioDelta]
    _nested = {"tool_calls": ToolCallDelta, "function_call": FunctionDelta, "audio": AudioDelta}
    _absent = frozenset(("content", "refusal", "tool_calls", "function_call"))

    @staticmethod
    def _find(value: dict[str, Any], index: int) -> dict[str, Any]:
        delta: dict[str, Any] = ChunkChoice._find(value, index)["delta"]
        return delta


class ChunkChoice(EventPart):
    index: int
    delta: ChoiceDelta
    finish_reason: Optional[str]
    logprobs: Optional[ChoiceLogprobs]
    _nested = {"delta": ChoiceDelta, "logprobs": ChoiceLogprobs}
    _absent = frozenset(("finish_reason",))

    @staticmethod
    def _find(value: dict[str, Any], index: int) -> dict[str, Any]:
        choices: list[dict[str, Any]] = complete(value)["choices"]
        return next((choice for choice in choices if choice["index"] == index), {"index": index, "delta": {}})


class ChatCompletionChunk(EventPart):
    __slots__ = ("_json",)
    _json: Optional[bytes]
    id: str
    object: str
    created: int
    model: str
    choices: list[ChunkChoice]
    usage: Optional[CompletionUsage]
    service_tier: Optional[str]
    system_fingerprint: Optional[str]
    moderation: Optional[Moderation]
    obfuscation: Optional[str]
    _nested = {"choices": ChunkChoice, "usage": CompletionUsage, "moderation": Moderation}
    _absent = frozenset(("usage",))

    @staticmethod
    def _find(value: dict[str, Any], index: int) -> dict[str, Any]:
        return complete(value)


_NUMBERS = {4: "i", 8: "q"}  # for Struct, by size


def reader(structure: Any, *names: str) -> Callable[[Any], tuple[int, ...]]:
    """A function that reads these numbers at once, which is faster than one by one."""
    layout, end = "=", 0
    for name in names:
        field = getattr(structure, name)
        layout += f"{field.offset - end}x{_NUMBERS[field.size]}"
        end = field.offset + field.size
    return Struct(f"{layout}{sizeof(structure) - end}x").unpack


_numbers = reader(_ffi.dosai_chunk, "kind", "choice", "text_length", "tool_call", "json_length", "text_only")


def text_chunk(view: Any) -> Optional[ChatCompletionChunk]:
    """The chunk of an event that contains only one text, like most events; None for other events."""
    kind, index, text_length, tool_call_index, json_length, is_text_only = _numbers(view)
    if not is_text_only or kind != _CONTENT and kind != _TOOL_CALL:
        return None
    text, json = view.text, view.json
    if text is None or len(text) != text_length or len(json) != json_length:
        return None
    source = [json, index]
    delta = ChoiceDelta()
    if kind == _CONTENT:
        delta.content = text.decode()
    else:
        function = FunctionDelta()
        function.arguments = text.decode()
        function._source = source
        tool_call = ToolCallDelta()
        tool_call.index = tool_call_index
        tool_call.function = function
        tool_call._source = source
        delta.tool_calls = [tool_call]
    delta._source = source
    choice = ChunkChoice()
    choice.index = index
    choice.delta = delta
    choice._source = source
    chunk = ChatCompletionChunk()
    chunk.choices = [choice]
    chunk._json = json
    chunk._source = source
    return chunk


def text_of_event(view: Any) -> Optional[tuple[str, bytes, bool]]:
    """The text of such an event, its JSON, and whether the text is of a tool call."""
    kind, _, text_length, _, json_length, is_text_only = _numbers(view)
    if not is_text_only or kind != _CONTENT and kind != _TOOL_CALL:
        return None
    text, json = view.text, view.json
    if text is None or len(text) != text_length or len(json) != json_length:
        return None
    return text.decode(), json, kind == _TOOL_CALL


def complete(event: dict[str, Any]) -> dict[str, Any]:
    """Adds to an event the parts that every chunk has, if the server left them out."""
    choices = event.get("choices")
    event["choices"] = [choice for choice in choices if isinstance(choice, dict)] if isinstance(choices, list) else []
    for position, choice in enumerate(event["choices"]):
        index, delta = choice.get("index"), choice.get("delta", choice.get("message"))
        choice["index"] = index if isinstance(index, int) and index >= 0 else position
        choice["delta"] = delta if isinstance(delta, dict) else {}
        list_calls(choice["delta"])
    return event


def list_calls(part: dict[str, Any]) -> None:
    """Makes the tool calls of a message or a delta a list, where the server sent one call alone."""
    calls = part.get("tool_calls")
    if isinstance(calls, dict):
        part["tool_calls"] = [calls] if calls else []


class EventBuilder:
    """An event as the server sent it, with the library's interpretation where the server's format differs."""

    def __init__(self, chunk: Any) -> None:
        self._json = lent_field(chunk, "json") or b"{}"
        self._event = complete(decode(self._json))
        self._choices = {choice["index"]: choice for choice in reversed(self._event["choices"])}
        self._texts: dict[tuple[int, str], str] = {}
        self._tool_calls: dict[int, int] = {}
        self._finished: set[int] = set()

    def add(self, chunk: Any) -> Optional[ChatCompletionChunk]:
        """Adds the event's next chunk, and returns the whole event after the last one."""
        choice = self._choices.get(chunk.choice)
        if choice is not None:
            self._add_to(choice, chunk)
        elif chunk.kind == _ffi.CHUNK_USAGE and not self._event.get("usage"):
            from ._repair import add_usage

            add_usage(self._event, chunk.usage.contents)
        if not chunk.last_in_event:
            return None
        for choice in self._event["choices"]:
            index = choice["index"]
            if choice.get("finish_reason") and index not in self._finished:
                choice["finish_reason"] = None  # it has been sent before
            if choice is not self._choices[index]:  # the texts of this one are in the first of the same index
                choice["delta"] = {name: value for name, value in choice["delta"].items() if (index, name) not in self._texts}
        made = ChatCompletionChunk._of(self._event)
        made._json = self._json
        return made

    def _add_to(self, choice: dict[str, Any], chunk: Any) -> None:
        delta, text = choice["delta"], lent_field(chunk, "text")
        if text is not None and chunk.kind in _TEXT_FIELDS:
            name = _TEXT_FIELDS[chunk.kind]
            if name is None:
                name = reasoning_name(delta) or REASONING[0]
            delta[name] = self._texts[chunk.choice, name] = (
                self._texts.get((chunk.choice, name), "") + text.decode("utf-8", "replace")
            )
        elif chunk.kind == _ffi.CHUNK_FINISH:
            self._finished.add(chunk.choice)
        elif chunk.kind == _TOOL_CALL:
            self._add_tool_call(delta, chunk)

    def _add_tool_call(self, delta: dict[str, Any], chunk: Any) -> None:
        position = self._tool_calls.get(chunk.choice, 0)
        self._tool_calls[chunk.choice] = position + 1
        tool_calls = delta.get("tool_calls")
        if isinstance(tool_calls, list) and position < len(tool_calls) and isinstance(tool_calls[position], dict):
            tool_call = tool_calls[position]
            tool_call["index"] = chunk.tool_call
            function, arguments = tool_call.get("function"), lent_field(chunk, "text")
            if arguments is not None and isinstance(function, dict) and not isinstance(function.get("arguments"), str):
                function["arguments"] = arguments.decode("utf-8", "replace")


class ServerSentEvent:
    """An event of a stream that is not a chat."""

    __slots__ = ("type", "data", "id")

    def __init__(self, type: Optional[str], data: str, id: Optional[str]) -> None:
        self.type = type
        self.data = data
        self.id = id

    @classmethod
    def read(cls, chunk: Any) -> ServerSentEvent:
        def text(name: str) -> Optional[str]:
            field = lent_field(chunk, name)
            return None if field is None else field.decode()

        return cls(text("event_type"), text("text") or "", text("event_id"))

    def json(self) -> Any:
        """The data, read as JSON."""
        return decode_received(self.data.encode())

    def __repr__(self) -> str:
        return f"ServerSentEvent(type={self.type!r}, data={self.data!r}, id={self.id!r})"


def reasoning_name(part: dict[str, Any]) -> Optional[str]:
    """The name that the server has for it in a message or a delta; None: it has none."""
    return next((name for name in REASONING if isinstance(part.get(name), str)), None)


REASONING = ("reasoning_content", "reasoning", "thinking")
_CONTENT = _ffi.CHUNK_CONTENT
_TOOL_CALL = _ffi.CHUNK_TOOL_CALL
_TEXT_FIELDS = {_CONTENT: "content", _ffi.CHUNK_REFUSAL: "refusal", _ffi.CHUNK_REASONING: None}  # None: of three names


def lent_field(structure: Any, name: str) -> Optional[bytes]:
    """A text of a struct, by its length: it may contain a NUL, at which ctypes would end it."""
    text: Optional[bytes] = getattr(structure, name)
    length: int = getattr(structure, name + "_length")
    if text is None or len(text) == length:
        return text
    offset = getattr(type(structure), name).offset
    return string_at(c_void_p.from_buffer(structure, offset).value or 0, length)
