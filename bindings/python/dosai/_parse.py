"""Answers of a shape: a pydantic model as the response format. pydantic itself is not imported here."""

from __future__ import annotations

from ._errors import APIResponseValidationError, ContentFilterFinishReasonError, LengthFinishReasonError, RefusalError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

    from ._chunks import ChunkChoice
    from ._models import ChatCompletion, Choice


def response_format_of(model: Any) -> dict[str, Any]:
    """The response format that asks for this model."""
    import re

    if not isinstance(model, type) or not hasattr(model, "model_json_schema"):
        raise TypeError("parse() needs a class of pydantic 2 as response_format; create() takes anything else")
    name = re.sub(r"[^a-zA-Z0-9_-]", "_", model.__name__)[:64]
    schema = strict(without_root_reference(model.model_json_schema()))
    return {"type": "json_schema", "json_schema": {"name": name, "strict": True, "schema": schema}}


def without_root_reference(schema: dict[str, Any]) -> dict[str, Any]:
    """The root must be an object; that of a model which contains itself refers to its definition."""
    reference = schema.get("$ref", "")
    if not reference.startswith("#/$defs/"):
        return schema
    return {**schema["$defs"][reference[len("#/$defs/"):]], "$defs": schema["$defs"]}


def strict(schema: Any) -> Any:
    """What OpenAI's API requires of a strict schema: every field is required, no other is allowed, none has a default,
    and nothing is beside a reference."""
    if not isinstance(schema, dict):
        return schema
    made = {key: value for key, value in schema.items() if key != "default"}
    for key in ("properties", "$defs"):
        if key in made:
            made[key] = {name: strict(value) for name, value in made[key].items()}
    for key in ("anyOf", "oneOf", "allOf", "prefixItems"):
        if key in made:
            made[key] = [strict(value) for value in made[key]]
    for key in ("items", "additionalProperties"):
        if key in made:
            made[key] = strict(made[key])
    if made.get("type") == "object":
        made.setdefault("additionalProperties", False)
        if "properties" in made:
            made["required"] = list(made["properties"])
    if "$ref" in made and len(made) > 1:
        made = {"anyOf": [{"$ref": made.pop("$ref")}], **made}
    return made


def parsed(completion: ChatCompletion, model: Any) -> ChatCompletion:
    """Sets `parsed` of each message, or raises. With tool calls instead of an answer, it stays None."""
    for choice in completion.choices if model is not None else []:
        choice.message.parsed = parsed_message(completion, choice, model)
    return completion


def check_whole(completion: ChatCompletion, choice: Choice | ChunkChoice) -> None:
    reason = choice.finish_reason
    if reason == "length":
        raise LengthFinishReasonError("the answer reached its maximum length", completion=completion)
    if reason == "content_filter":
        raise ContentFilterFinishReasonError("the answer was stopped by a content filter", completion=completion)


def parsed_message(completion: ChatCompletion, choice: Choice, model: Any) -> Any:
    message = choice.message
    check_whole(completion, choice)
    if message.refusal:
        raise RefusalError(message.refusal, completion=completion)
    if message.content is None and message.tool_calls:
        return None
    return parsed_content(message.content or "", model, lambda: completion)


def parsed_content(content: str, model: Any, completion: Callable[[], ChatCompletion]) -> Any:
    try:
        return model.model_validate_json(content)
    except ValueError as error:  # pydantic's ValidationError is one
        raise APIResponseValidationError(
            f"the answer does not fit {model.__name__}: {error}", status="PROTOCOL", completion=completion()
        ) from error
