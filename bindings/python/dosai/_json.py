"""JSON as it goes over the wire."""

from __future__ import annotations

from ._errors import APIResponseValidationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Optional


def encode(value: Any) -> bytes:
    """Writes JSON, models included; what is no Unicode in it becomes U+FFFD."""
    import json

    text = json.dumps(value, ensure_ascii=False, allow_nan=False, default=as_dict)
    return without_surrogates(text).encode()


def text_of(value: Any, indent: Optional[int]) -> str:
    """Writes JSON for a program, without a blank; with an indent, for people."""
    import json

    separators = (",", ":") if indent is None else None
    return json.dumps(value, ensure_ascii=False, indent=indent, separators=separators)


def as_dict(value: Any) -> Any:
    to_dict = getattr(type(value), "to_dict", None)
    if to_dict is None:
        raise TypeError(f"{type(value).__name__} is no JSON value")
    return to_dict(value)


def decode(text: bytes) -> Any:
    """Reads JSON; what is no Unicode in it becomes U+FFFD."""
    import json

    try:
        value = json.loads(text.decode("utf-8", "replace"))
    except (ValueError, RecursionError) as error:
        raise APIResponseValidationError(f"the answer cannot be read: {error}", status="PROTOCOL") from error
    return repaired(value) if b"\\ud" in text or b"\\uD" in text else value


def repaired(value: Any) -> Any:
    if isinstance(value, str):
        return without_surrogates(value)
    if isinstance(value, list):
        return [repaired(element) for element in value]
    if isinstance(value, dict):
        return {repaired(name): repaired(element) for name, element in value.items()}
    return value


def without_surrogates(text: str) -> str:
    """Joins the surrogates that are pairs, and replaces those that are not."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
