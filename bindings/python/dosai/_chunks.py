"""The chunks of a stream. Most contain one text, or a piece of a tool call's arguments; they are created without
parsing the event's JSON."""

from __future__ import annotations

from ctypes import c_void_p, string_at

from . import _ffi
from ._json import decode
from ._models import ChoiceLogprobs, CompletionUsage, Model

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Optional


class EventPart(Model):
    """A part of an event. If created from one text, it parses the event's JSON only when more is asked for."""

    __slots__ = ("_event",)
    _event: Optional[tuple[bytes, int]]  # the event's JSON and the index of the choice, until they are parsed
    _absent: frozenset[str] = frozenset()  # fields that an event with one text does not have

    def __init__(self, fields: dict[str, Any]) -> None:
        super().__init__(fields)
        self._event = None

    def __getattr__(self, name: str) -> Any:
        if name in type(self)._absent:
            return None
        if name == "_event" or name.startswith("__"):
            raise AttributeError(name)
        if name in self._fields():
            return self.__dict__[name]
        return super().__getattr__(name)

    def _fields(self) -> dict[str, Any]:
        if self._event is not None:
            json, index = self._event
            self._event = None
            known = dict(self.__dict__)
            Model.__init__(self, type(self)._find(decode(json), index))
            self.__dict__.update(known)
        return self.__dict__

    @staticmethod
    def _find(event: dict[str, Any], index: int) -> dict[str, Any]:
        """Returns this part of the event."""
        raise NotImplementedError


class FunctionDelta(EventPart):
    name: Optional[str]
    arguments: Optional[str]
    _absent = frozenset(("name",))

    @staticmethod
    def _find(event: dict[str, Any], index: int) -> dict[str, Any]:
        function: dict[str, Any] = ToolCallDelta._find(event, index)["function"]
        return function


class ToolCallDelta(EventPart):
    index: int
    id: Optional[str]
    type: Optional[str]
    function: Optional[FunctionDelta]
    _nested = {"function": FunctionDelta}
    _absent = frozenset(("id", "type"))

    @staticmethod
    def _find(event: dict[str, Any], index: int) -> dict[str, Any]:
        tool_call: dict[str, Any] = ChoiceDelta._find(event, index)["tool_calls"][0]
        return tool_call


class ChoiceDelta(EventPart):
    role: Optional[str]
    content: Optional[str]
    refusal: Optional[str]
    tool_calls: Optional[list[ToolCallDelta]]
    function_call: Optional[FunctionDelta]
    _nested = {"tool_calls": ToolCallDelta, "function_call": FunctionDelta}
    _absent = frozenset(("content", "refusal", "tool_calls", "function_call"))

    @staticmethod
    def _find(event: dict[str, Any], index: int) -> dict[str, Any]:
        delta: dict[str, Any] = ChunkChoice._find(event, index)["delta"]
        return delta


class ChunkChoice(EventPart):
    index: int
    delta: ChoiceDelta
    finish_reason: Optional[str]
    logprobs: Optional[ChoiceLogprobs]
    _nested = {"delta": ChoiceDelta, "logprobs": ChoiceLogprobs}
    _absent = frozenset(("finish_reason",))

    @staticmethod
    def _find(event: dict[str, Any], index: int) -> dict[str, Any]:
        choices: list[dict[str, Any]] = complete(event)["choices"]
        return next((choice for choice in choices if choice["index"] == index), {"index": index, "delta": {}})


class ChatCompletionChunk(EventPart):
    id: str
    object: str
    created: int
    model: str
    choices: list[ChunkChoice]
    usage: Optional[CompletionUsage]
    service_tier: Optional[str]
    system_fingerprint: Optional[str]
    _nested = {"choices": ChunkChoice, "usage": CompletionUsage}
    _absent = frozenset(("usage",))

    @staticmethod
    def _find(event: dict[str, Any], index: int) -> dict[str, Any]:
        return complete(event)


def text_chunk(view: Any, new: Any = object.__new__) -> Optional[ChatCompletionChunk]:
    """The chunk of an event that contains only one text, like most events; None for other events."""
    kind = view.kind
    if not view.text_only or kind != _CONTENT and kind != _TOOL_CALL:
        return None
    text, json = view.text, view.json
    if text is None or len(text) != view.text_length or len(json) != view.json_length:
        return None
    index = view.choice
    event = (json, index)
    delta = new(ChoiceDelta)
    if kind == _CONTENT:
        delta.content = text.decode("utf-8", "replace")
    else:
        function = new(FunctionDelta)
        function.arguments = text.decode("utf-8", "replace")
        function._event = event
        tool_call = new(ToolCallDelta)
        tool_call.index = view.tool_call
        tool_call.function = function
        tool_call._event = event
        delta.tool_calls = [tool_call]
    delta._event = event
    choice = new(ChunkChoice)
    choice.index = index
    choice.delta = delta
    choice._event = event
    chunk: ChatCompletionChunk = new(ChatCompletionChunk)
    chunk.choices = [choice]
    chunk._event = event
    return chunk


def complete(event: dict[str, Any]) -> dict[str, Any]:
    """Adds to an event the parts that every chunk has, if the server left them out."""
    choices = event.get("choices")
    event["choices"] = [choice for choice in choices if isinstance(choice, dict)] if isinstance(choices, list) else []
    for choice in event["choices"]:
        index, delta = choice.get("index"), choice.get("delta", choice.get("message"))
        choice["index"] = index if isinstance(index, int) and index >= 0 else 0
        choice["delta"] = delta if isinstance(delta, dict) else {}
    return event


class EventBuilder:
    """An event as the server sent it, with the library's interpretation where the server's format differs."""

    def __init__(self, chunk: Any) -> None:
        self._event = complete(decode(lent_field(chunk, "json") or b"{}"))
        self._choices = {choice["index"]: choice for choice in reversed(self._event["choices"])}
        self._texts: dict[tuple[int, str], str] = {}
        self._tool_calls: dict[int, int] = {}

    def add(self, chunk: Any) -> Optional[ChatCompletionChunk]:
        """Adds the event's next chunk, and returns the whole event after the last one."""
        choice = self._choices.get(chunk.choice)
        if choice is not None:
            self._add_to(choice, chunk)
        return ChatCompletionChunk(self._event) if chunk.last_in_event else None

    def _add_to(self, choice: dict[str, Any], chunk: Any) -> None:
        delta, text = choice["delta"], lent_field(chunk, "text")
        if text is not None and chunk.kind in _TEXT_FIELDS:
            name = _TEXT_FIELDS[chunk.kind]
            delta[name] = self._texts[chunk.choice, name] = (
                self._texts.get((chunk.choice, name), "") + text.decode("utf-8", "replace")
            )
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


_CONTENT = _ffi.CHUNK_CONTENT
_TOOL_CALL = _ffi.CHUNK_TOOL_CALL
_TEXT_FIELDS = {_CONTENT: "content", _ffi.CHUNK_REFUSAL: "refusal"}


def lent_field(structure: Any, name: str) -> Optional[bytes]:
    """A text of a struct, by its length: it may contain a NUL, at which ctypes would end it."""
    text: Optional[bytes] = getattr(structure, name)
    length: int = getattr(structure, name + "_length")
    if text is None or len(text) == length:
        return text
    offset = getattr(type(structure), name).offset
    return string_at(c_void_p.from_buffer(structure, offset).value or 0, length)
