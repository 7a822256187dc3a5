"""openai-python's chunks, made without validation where an event differs from the one before only in its text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pydantic import BaseModel

from ._chunks import text_chunk, text_of_event
from ._json import decode

if TYPE_CHECKING:
    from typing import Any, Callable, Optional

_new = object.__new__
_TEXT = re.compile(rb'"content": ?"((?:[^"\\]|\\.)*)"')
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
    chunk, choice, delta = copier(model, "choices"), copier(first, "delta"), copier(first.delta, "content")
    return lambda text: chunk([choice(delta(text))])


def is_flat(model: Any, *nested: str) -> bool:
    """Whether copies of the model share nothing that can be changed, but for these fields."""
    values = {**model.__dict__, **(model.__pydantic_extra__ or {})}
    return all(isinstance(value, _SCALARS) for name, value in values.items() if name not in nested) \
        and model.__pydantic_private__ is None


class ChunkMaker:
    def __init__(self, client: Any, cast_to: Any, response: Any) -> None:
        self._process, self._cast_to, self._response = client._process_response_data, cast_to, response
        # What is before the text, behind it, the length of both, and what makes a chunk like that.
        self._known: Optional[tuple[bytes, bytes, int, int, Callable[[str], Any]]] = None

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
        made = None if text is None else self._like(text, json)
        if made is None:
            made = self._validated(decode(json))
            self._learn(json, made)
        return made

    def _like(self, text: str, json: bytes) -> Any:
        """The chunk of an event that is like the one before; else None."""
        if self._known is not None:
            before, behind, start, rest, like = self._known
            if json.startswith(before) and json.endswith(behind) and _REST(json, start, len(json) - rest):
                return like(text)
        return None

    def _validated(self, data: Any) -> Any:
        return self._process(data=data, cast_to=self._cast_to, response=self._response)

    def _learn(self, json: bytes, model: Any) -> None:
        """Remembers the event, if it has one text in a place that can be found again."""
        self._known = None
        found = _TEXT.findall(json)
        if not _CAN_COPY or len(found) != 1 or len(model.choices) != 1 or not is_flat(model, "choices"):
            return
        choice = model.choices[0]
        if not is_flat(choice, "delta") or not is_flat(choice.delta) or not isinstance(choice.delta.content, str):
            return
        place = _TEXT.search(json)
        if place is not None:
            before, behind = json[:place.start(1)], json[place.end(1):]
            self._known = before, behind, len(before), len(behind), chunks_like(model)
