"""Answers of a shape: a pydantic model as the response format. pydantic itself is not imported here."""

from __future__ import annotations

from ._errors import APIResponseValidationError, ContentFilterFinishReasonError, LengthFinishReasonError, RefusalError
from ._models import ChatCompletionMessage, Function
from ._timeout import is_omitted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Iterable, Optional

    from ._chunks import ChunkChoice
    from ._models import ChatCompletion, Choice


class Shape:
    """What an answer is turned into: the class of its content, if any, and strict functions, whose arguments are read."""

    def __init__(self, model: Any, tools: Iterable[Any]) -> None:
        functions = [tool["function"] for tool in tools if isinstance(tool, dict) and isinstance(tool.get("function"), dict)]
        self.model, self._functions = model, {each.get("name"): each for each in functions if each.get("strict")}

    def __bool__(self) -> bool:
        return self.model is not None or bool(self._functions)

    def has(self, function: str) -> bool:
        return function in self._functions

    def arguments(self, function: str, text: str, completion: Callable[[], ChatCompletion]) -> Any:
        """What the model wrote as the arguments of a function: an object of its class, or the value of the JSON. None: it
        is not strict, or that is not JSON."""
        known = self._functions.get(function)
        model = getattr(known, "model", None)
        if model is not None:
            return validated(model, text, f"the arguments of {function} do", completion)
        return None if known is None else loaded(text)


def loaded(text: str) -> Any:
    from json import loads

    try:
        return loads(text)
    except ValueError:
        return None


def shape_of(model: Any, parameters: dict[str, Any]) -> tuple[Shape, dict[str, Any]]:
    """What the answer is turned into, and the parameters of create() that ask for it."""
    if is_omitted(model):
        model = None
    parameters = dict(parameters) if model is None else {**parameters, "response_format": response_format_of(model)}
    tools: Any = parameters.get("tools")
    if hasattr(tools, "__iter__") and not isinstance(tools, (dict, str)):
        tools = parameters["tools"] = list(tools)
    return Shape(model, tools if isinstance(tools, list) else ()), parameters


class ModelFunction(dict):  # type: ignore[type-arg]
    """The function of a tool, and the class of its arguments."""

    model: Any = None


def pydantic_function_tool(
    model: Any, *, name: Optional[str] = None, description: Optional[str] = None
) -> dict[str, Any]:
    """A tool whose arguments are a pydantic model. parse() and stream() return them as `function.parsed_arguments`.

    The name is the class's, and the description its docstring, unless they are given here.
    """
    from inspect import cleandoc

    schema = schema_of(model, "a tool of another kind is a dict")
    description = cleandoc(model.__doc__ or "") if description is None else description
    about = {"description": description} if description else {}
    function = ModelFunction(name=name or model.__name__, strict=True, parameters=schema, **about)
    function.model = model
    return {"type": "function", "function": function}


def response_format_of(model: Any) -> dict[str, Any]:
    """The response format that asks for this model."""
    import re

    schema = schema_of(model, "create() takes any response_format")
    name = re.sub(r"[^a-zA-Z0-9_-]", "_", model.__name__)[:64]
    return {"type": "json_schema", "json_schema": {"name": name, "strict": True, "schema": schema}}


def schema_of(model: Any, otherwise: str) -> dict[str, Any]:
    if not isinstance(model, type) or not hasattr(model, "model_json_schema"):
        raise TypeError(f"a class of pydantic 2 is needed, not {model!r}; {otherwise}")
    schema: dict[str, Any] = strict(without_root_reference(model.model_json_schema()))
    return schema


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


def parsed(completion: ChatCompletion, shape: Optional[Shape]) -> ChatCompletion:
    """Sets `parsed` of each message, and `parsed_arguments` of its calls, or raises. With tool calls instead of an answer,
    `parsed` stays None."""
    if shape is None:
        return completion
    for choice in completion.choices:
        check_message(completion, choice)
        check_whole(completion, choice)
        if shape.model is not None:
            choice.message.parsed = parsed_message(completion, choice, shape.model)
        for call in choice.message.tool_calls or []:
            function = getattr(call, "function", None)
            if isinstance(function, Function) and isinstance(function.name, str):
                function.parsed_arguments = shape.arguments(
                    function.name, function.arguments or "", lambda: completion)
    return completion


def check_message(completion: ChatCompletion, choice: Choice) -> None:
    calls = getattr(choice.message, "tool_calls", None)
    if not isinstance(choice.message, ChatCompletionMessage) or not isinstance(calls, (list, type(None))):
        check_whole(completion, choice)  # a content filter may leave out the message
        raise APIResponseValidationError(
            "the message of the answer cannot be read", status="PROTOCOL", completion=completion
        )


def check_whole(completion: ChatCompletion, choice: Choice | ChunkChoice) -> None:
    reason = choice.finish_reason
    if reason == "length":
        raise LengthFinishReasonError("the answer reached its maximum length", completion=completion)
    if reason == "content_filter":
        raise ContentFilterFinishReasonError("the answer was stopped by a content filter", completion=completion)


def parsed_message(completion: ChatCompletion, choice: Choice, model: Any) -> Any:
    message = choice.message
    if message.refusal:
        raise RefusalError(message.refusal, completion=completion)
    if not message.content and message.tool_calls:
        return None
    return parsed_content(message.content or "", model, lambda: completion)


def parsed_content(content: str, model: Any, completion: Callable[[], ChatCompletion]) -> Any:
    return validated(model, content, "the answer does", completion)


def validated(model: Any, text: str, what_does: str, completion: Callable[[], ChatCompletion]) -> Any:
    try:
        return model.model_validate_json(text)
    except ValueError as error:  # pydantic's ValidationError is one
        raise APIResponseValidationError(
            f"{what_does} not fit {model.__name__}: {error}", status="PROTOCOL", completion=completion()
        ) from error
