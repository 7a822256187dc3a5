"""openai-python's chunks, made without validation where an event differs from the one before only in its text, or in the
arguments of a tool call, and in the padding that OpenAI calls obfuscation."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pydantic import BaseModel

from ._chunks import text_chunk, text_of_event
from ._json import decode

if TYPE_CHECKING:
    from typing import Any, Callable, Optional

_new = object.__new__
_TEXT, _ARGUMENTS = (re.compile(rb'"%s": ?"((?:[^"\\]|\\.)*)"' % name) for name in (b"content", b"arguments"))
_PADDING = re.compile(rb'"obfuscation": ?"([0-9A-Za-z]*)"')
_REST = re.compile(rb'(?:[^"\\]|\\.)*').fullmatch
_SCALARS = (str, int, float, bool, type(None))
# What pydantic keeps of a model, set directly: its __setattr__ is for fields.
_SLOTS: list[Any] = [vars(BaseModel).get(name) for name in (
    "__dict__", "__pydantic_fields_set__", "__pydantic_extra__", "__pydantic_private__")]
_CAN_COPY = all(hasattr(slot, "__set__") for slot in _SLOTS)  # another pydantic may keep other things
if _CAN_COPY:
    _set_fields, _set_given, _set_extra, _set_private = [slot.__set__ for slot in _SLOTS]


def copier(model: Any, changed: str) -> Callable[[Any], Any]:
    """A function that makes a copy of a model as it is now, with another value of one field."""
    kind, fields, given = type(model), dict(model.__dict__), set(model.__pydantic_fields_set__)
    extra = None if model.__pydantic_extra__ is None else dict(model.__pydantic_extra__)

    def copy(value: Any) -> Any:
        made, own = _new(kind), fields.copy()
        own[changed] = value
        _set_fields(made, own)
        _set_given(made, given.copy())
        _set_extra(made, extra if extra is None else extra.copy())
        _set_private(made, None)
        return made

    return copy


def chunks_like(model: Any) -> Callable[[str], Any]:
    """A function that makes a chunk like this one, with another text."""
    first = model.choices[0]
    chunk, choice = copier(model, "choices"), copier(first, "delta")
    if not first.delta.tool_calls:
        content = copier(first.delta, "content")
        return lambda text: chunk([choice(content(text))])
    call = first.delta.tool_calls[0]
    calls, function, arguments = copier(first.delta, "tool_calls"), copier(call, "function"), copier(call.function, "arguments")
    return lambda text: chunk([choice(calls([function(arguments(text))]))])


def slot_of(choice: Any) -> Any:
    """What finds the text in the JSON of a chunk with this choice alone; None: other things may vary, too."""
    delta = choice.delta
    if not is_flat(choice, "delta"):
        return None
    if isinstance(delta.content, str) and is_flat(delta):
        return _TEXT
    calls = delta.tool_calls
    if not isinstance(calls, list) or len(calls) != 1 or not is_flat(delta, "tool_calls") or not is_flat(calls[0], "function"):
        return None
    function = calls[0].function
    return _ARGUMENTS if function and isinstance(function.arguments, str) and is_flat(function) else None


def is_flat(model: Any, *nested: str) -> bool:
    """Whether copies of the model share nothing that can be changed, but for these fields."""
    values = {**model.__dict__, **(model.__pydantic_extra__ or {})}
    return all(isinstance(value, _SCALARS) for name, value in values.items() if name not in nested) \
        and model.__pydantic_private__ is None


class ChunkMaker:
    def __init__(self, client: Any, cast_to: Any, response: Any) -> None:
        self._process, self._cast_to, self._response = client._process_response_data, cast_to, response
        # What is before the text, behind what varies, the length of both, and what makes a chunk like that; what is between
        # the text and the padding; whether the text is of a tool call.
        self._known: Optional[tuple[bytes, bytes, int, int, Callable[[str], Any], Optional[bytes], bool]] = None

    def read(self, view: Any) -> Any:
        """In place of text_chunk(): at once openai-python's chunk, if the event is like the one before."""
        found = text_of_event(view)
        return found and self._like(*found) or text_chunk(view)

    def make(self, chunk: Any) -> Any:
        """The chunk as openai-python would have made it from the event."""
        source = chunk._source
        if source is None or not isinstance(source[0], bytes):
            return self._validated(chunk.to_dict())
        json, text = source[0], chunk.choices[0].delta.__dict__.get("content")
        made = None if text is None else self._like(text, json, False)
        if made is None:
            made = self._validated(decode(json))
            self._learn(json, made)
        return made

    def _like(self, text: str, json: bytes, is_of_tool: bool) -> Any:
        """The chunk of an event that is like the one before; else None."""
        if self._known is None:
            return None
        before, behind, start, rest, like, between, takes_tool = self._known
        if is_of_tool is not takes_tool or not json.startswith(before) or not json.endswith(behind):
            return None
        end = len(json) - rest
        if between is None:
            return like(text) if _REST(json, start, end) else None
        at = json.rfind(between, start, end)
        padding = json[at + len(between):end]
        if at < 0 or padding and not padding.isalnum() or not _REST(json, start, at):
            return None
        chunk = like(text)
        where = chunk.__dict__ if "obfuscation" in chunk.__dict__ else chunk.__pydantic_extra__
        where["obfuscation"] = padding.decode()
        return chunk

    def _validated(self, data: Any) -> Any:
        return self._process(data=data, cast_to=self._cast_to, response=self._response)

    def _learn(self, json: bytes, model: Any) -> None:
        """Remembers the event, if it has one text in a place that can be found again."""
        self._known = None
        if not _CAN_COPY or len(model.choices) != 1 or not is_flat(model, "choices"):
            return
        slot = slot_of(model.choices[0])
        places = [] if slot is None else list(slot.finditer(json))
        if len(places) != 1:
            return
        start, end = places[0].span(1)
        between, last = None, end
        paddings = list(_PADDING.finditer(json, end))
        if len(paddings) == 1 and paddings[0][1].decode() == getattr(model, "obfuscation", None):
            between, last = json[end:paddings[0].start(1)], paddings[0].end(1)
        self._known = json[:start], json[last:], start, len(json) - last, chunks_like(model), between, slot is _ARGUMENTS
