"""openai-python's chunks, made without validation where an event differs from the one before only in its text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ._json import decode

if TYPE_CHECKING:
    from typing import Any, Optional

_set = object.__setattr__
_TEXT = re.compile(rb'"content": ?"((?:[^"\\]|\\.)*)"')
_REST = re.compile(rb'(?:[^"\\]|\\.)*').fullmatch
_SCALARS = (str, int, float, bool, type(None))


def copy_of(model: Any, **changes: Any) -> Any:
    """A copy of a pydantic model with other values for fields that it has."""
    copy = model.__class__.__new__(model.__class__)
    extra = model.__pydantic_extra__
    _set(copy, "__dict__", {**model.__dict__, **changes})
    _set(copy, "__pydantic_fields_set__", set(model.__pydantic_fields_set__))
    _set(copy, "__pydantic_extra__", extra if extra is None else dict(extra))
    _set(copy, "__pydantic_private__", None)
    return copy


def is_flat(model: Any, *nested: str) -> bool:
    """Whether copies of the model share nothing that can be changed, but for these fields."""
    values = {**model.__dict__, **(model.__pydantic_extra__ or {})}
    return all(isinstance(value, _SCALARS) for name, value in values.items() if name not in nested) \
        and model.__pydantic_private__ is None


class ChunkMaker:
    def __init__(self, client: Any, cast_to: Any, response: Any) -> None:
        self._process, self._cast_to, self._response = client._process_response_data, cast_to, response
        self._known: Optional[tuple[bytes, bytes, Any]] = None  # before the text, behind it, and a chunk like that

    def make(self, chunk: Any) -> Any:
        """The chunk as openai-python would have made it from the event."""
        source = chunk._source
        if source is None or not isinstance(source[0], bytes):
            return self._validated(chunk.to_dict())
        json, known = source[0], self._known
        delta = chunk.choices[0].delta
        if known is not None and "content" in delta.__dict__:
            before, behind, model = known
            if json.startswith(before) and json.endswith(behind) and _REST(json, len(before), len(json) - len(behind)):
                choice = model.choices[0]
                delta = copy_of(choice.delta, content=delta.content)
                return copy_of(model, choices=[copy_of(choice, delta=delta)])
        model = self._validated(decode(json))
        self._learn(json, model)
        return model

    def _validated(self, data: Any) -> Any:
        return self._process(data=data, cast_to=self._cast_to, response=self._response)

    def _learn(self, json: bytes, model: Any) -> None:
        """Remembers the event, if it has one text in a place that can be found again."""
        self._known = None
        found = _TEXT.findall(json)
        if len(found) != 1 or len(model.choices) != 1 or not is_flat(model, "choices"):
            return
        choice = model.choices[0]
        if not is_flat(choice, "delta") or not is_flat(choice.delta) or not isinstance(choice.delta.content, str):
            return
        place = _TEXT.search(json)
        if place is not None:
            self._known = json[:place.start(1)], json[place.end(1):], model
