"""Reading and writing JSON. `import dosai` does not load the module json; the first client does."""

from __future__ import annotations

from ._errors import APIResponseValidationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from json import JSONEncoder
    from typing import Any, Callable, Optional

_encoder: Optional[JSONEncoder] = None


def encode(value: Any) -> bytes:
    """Writes JSON, including models; invalid Unicode becomes U+FFFD."""
    global _encoder
    if _encoder is None:
        from json import JSONEncoder

        _encoder = JSONEncoder(ensure_ascii=False, allow_nan=False, default=as_dict)
    text = _encoder.encode(value)
    try:
        return text.encode()
    except UnicodeEncodeError:
        return without_surrogates(text).encode()


def text_of(value: Any, indent: Optional[int]) -> str:
    """Writes JSON without spaces, or indented, for people."""
    import json

    separators = (",", ":") if indent is None else None
    return json.dumps(value, ensure_ascii=False, indent=indent, separators=separators)


def as_dict(value: Any) -> Any:
    to_dict = getattr(type(value), "to_dict", None)
    if to_dict is not None:
        return to_dict(value)
    dump = getattr(type(value), "model_dump", None)  # pydantic's
    if dump is None or isinstance(value, type):
        raise TypeError(f"{type(value).__name__} is not a JSON value")
    return dump(value, mode="json", by_alias=True, exclude_unset=True)


def decode(text: bytes) -> Any:
    """Reads JSON from the library, which has replaced lone surrogates."""
    import json

    try:
        return json.loads(text.decode("utf-8", "replace"))
    except (ValueError, RecursionError) as error:
        raise APIResponseValidationError(f"the answer cannot be read: {error}", status="PROTOCOL") from error


def decode_received(text: bytes) -> Any:
    """Reads JSON as it was received; invalid Unicode becomes U+FFFD."""

    def repaired(fields: dict[str, Any]) -> dict[str, Any]:
        return {without_surrogates(name): one for name, one in fields.items()}

    return rebuilt(decode(text), repaired, without_surrogates)


def rebuilt(
    value: Any, make_object: Callable[[dict[str, Any]], dict[str, Any]], make_text: Callable[[str], str] = str
) -> Any:
    """Copies a value, with each object and text replaced. It does not recurse, because a server chooses the depth."""
    whole = [value]
    containers: list[Any] = [whole]
    for container in containers:  # it grows during the loop
        for key, element in container.items() if isinstance(container, dict) else enumerate(container):
            if isinstance(element, str):
                container[key] = make_text(element)
            elif isinstance(element, (dict, list)):
                copy = make_object(element) if isinstance(element, dict) else list(element)
                container[key] = copy
                containers.append(copy)
    return whole[0]


def without_surrogates(text: str) -> str:
    """Joins surrogate pairs, and replaces lone surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
