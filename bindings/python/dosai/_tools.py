"""Functions that a model may call: their descriptions, their calls and the results."""

from __future__ import annotations

import dataclasses
import enum
import inspect
import json
import re
from functools import partial
from typing import Any, Callable, Iterable, Mapping, Optional, Union

from ._hints import Shape, shape_of_function
from ._json import encode
from ._models import Model, ToolCall


class Tool:
    """A function that the model may call.

    Its name, its docstring and the type hints of its parameters describe it to the model, unless they are given here.
    If `parameters`, a JSON schema, are given, the arguments are passed as they came, without a check.
    """

    def __init__(
        self, function: Callable[..., Any], *, name: Optional[str] = None, description: Optional[str] = None,
        parameters: Optional[Mapping[str, Any]] = None,
    ) -> None:
        if not callable(function):
            raise TypeError(f"{function!r} is not a function")
        self.function, (inner, self._given) = function, inside(function)
        self.name: str = getattr(function, "__name__", getattr(inner, "__name__", "")) if name is None else name
        if not re.fullmatch("[a-zA-Z0-9_-]{1,64}", self.name):
            raise TypeError(f"{function!r} needs a name: Tool(function, name=...)")
        described = inner if hasattr(inner, "__name__") else type(inner).__call__
        self.description = docstring_of(function, described, inner) if description is None else description
        self._is_async = inspect.iscoroutinefunction(described)
        try:
            shape: Shape = (shape_of_function(function, described, self._given) if parameters is None
                            else (dict(parameters), dict))
        except (TypeError, NameError, RecursionError) as error:
            raise TypeError(f"{self.name}(): {error}") from error
        self.parameters, self._convert = shape

    @property
    def definition(self) -> dict[str, Any]:
        """The function as the API describes it."""
        about = {"description": self.description} if self.description else {}
        return {"type": "function", "function": {"name": self.name, **about, "parameters": self.parameters}}

    def bind(self, arguments: str) -> Callable[[], Any]:
        """The function with what the model wrote as its arguments."""
        try:
            value = json.loads(arguments.strip() or "{}", parse_constant=refuse)
            if not isinstance(value, dict):
                raise ValueError("not an object")
            for name in self._given.intersection(value):  # it would replace what a partial has bound
                raise ValueError(f"{name} is unknown")
            return partial(self.function, **self._convert(value))
        except (ValueError, ArithmeticError, RecursionError) as error:
            raise WrongCallError(f"the arguments of {self.name} are wrong: {error}") from error


def inside(function: Any) -> tuple[Any, set[str]]:
    """The function in a partial, and the names of the arguments that are given to it."""
    given: set[str] = set()
    while isinstance(function, partial):
        given.update(function.keywords)
        function = function.func
    return function, given


def docstring_of(function: Any, described: Any, inner: Any) -> str:
    """The partial's own, or else that of what is called, or of the object's class. A dataclass that has none gets one from
    Python, with its defaults, which the model shall not see."""
    for each in ([] if function is inner else [function]) + [described, inner]:
        text = each.__doc__ or ""
        is_made = dataclasses.is_dataclass(each) and text.startswith(f"{type(each).__name__}(")
        if text and text != partial.__doc__ and not is_made:
            return inspect.cleandoc(text)
    return ""


class WrongCallError(ValueError):
    """The model called a function that there is not, or with arguments that do not fit."""


class ToolResult:
    """One call of a function, and what is told to the model: `content`."""

    __slots__ = ("id", "name", "arguments", "content", "error")

    def __init__(self, call: ToolCall) -> None:
        function = getattr(call, "function", None)
        sent = getattr(call, "id", None)
        self.id: str = "" if sent is None else sent  # goes back as it came
        self.name = text_in(function, "name")
        self.arguments = text_in(function, "arguments")  # as the model wrote them
        self.content = ""
        self.error: Optional[Exception] = None  # why there is no result

    @property
    def message(self) -> dict[str, Any]:
        return {"role": "tool", "tool_call_id": self.id, "content": self.content}

    def __repr__(self) -> str:
        return f"ToolResult({self.name}({self.arguments}): {self.content!r})"


class Tools:
    """The functions of one run, by name. Other descriptions of tools, as dicts, are only sent."""

    def __init__(self, tools: Iterable[Union[Callable[..., Any], Tool, Mapping[str, Any]]], raise_errors: bool) -> None:
        if isinstance(tools, (str, Mapping)) or not hasattr(tools, "__iter__"):
            raise TypeError(f"tools must be a list of functions, not {type(tools).__name__}")
        self._tools: dict[str, Tool] = {}
        self._raise_errors = raise_errors
        self.definitions: list[Any] = []
        for each in tools:
            if not isinstance(each, Mapping):
                tool = each if isinstance(each, Tool) else Tool(each)
                if tool.name in self._tools:
                    raise TypeError(f"two functions have the name {tool.name}")
                self._tools[tool.name] = tool
                each = tool.definition
            self.definitions.append(each)

    def __iter__(self) -> Any:
        return iter(self._tools.values())

    def bind(self, result: ToolResult) -> Callable[[], Any]:
        tool = self._tools.get(result.name)
        if tool is None:
            raise WrongCallError(f"there is no function {result.name or 'without a name'}")
        return tool.bind(result.arguments)

    def fail(self, result: ToolResult, error: Exception) -> None:
        """Tells the error to the model, or raises it. The model's own mistakes are only told."""
        is_mistake = isinstance(error, WrongCallError)
        if self._raise_errors and not is_mistake:
            raise error
        result.error = error
        try:
            text = str(error)
        except Exception:
            text = "the function failed"
        result.content = f"error: {text}" if is_mistake else f"error: {type(error).__name__}: {text}"


def text_in(owner: Any, name: str) -> str:
    """A text of a call; "" if the server has sent none."""
    value = getattr(owner, name, None)
    return value if isinstance(value, str) else ""


def refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


def content_of(value: Any) -> str:
    """A function's value for the model: text as it is, anything else as JSON."""
    return value if isinstance(value, str) else encode(jsonable(value)).decode()


def jsonable(value: Any) -> Any:
    """pydantic's models, dataclasses, members of an Enum and sets, at any depth, as JSON values."""
    if hasattr(type(value), "model_dump") and not isinstance(value, Model):
        return value.model_dump(mode="json")
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {each.name: jsonable(getattr(value, each.name)) for each in dataclasses.fields(value)}
    if isinstance(value, enum.Enum):
        return jsonable(value.value)
    if isinstance(value, dict):
        return {name.value if isinstance(name, enum.Enum) else name: jsonable(one) for name, one in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [jsonable(one) for one in value]
    return value
