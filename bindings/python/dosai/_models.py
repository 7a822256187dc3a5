"""Answers as objects: each field of the JSON is an attribute, whether documented or not."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, AsyncIterator, Iterator, Optional


class Model:
    """A JSON object. The annotated fields are the documented ones; they are None if the server did not send them."""

    __slots__ = ("__dict__", "__weakref__")
    _nested: dict[str, type[Model]] = {}

    def __init__(self, fields: dict[str, Any]) -> None:
        nested = type(self)._nested
        for name, value in fields.items():
            self.__dict__[name] = wrap(nested[name], value) if name in nested else value

    def __getattr__(self, name: str) -> Any:
        if name in type(self).__annotations__:
            return None
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def _fields(self) -> dict[str, Any]:
        return self.__dict__

    def to_dict(self) -> dict[str, Any]:
        """The object as the server sent it."""
        return {name: plain(value) for name, value in fields_of(self).items()}

    def model_dump(
        self, *, mode: str = "python", exclude_unset: bool = True, exclude_none: bool = False
    ) -> dict[str, Any]:
        """to_dict() under pydantic's name. It contains only what the server sent, as JSON values."""
        fields = Model.to_dict(self)
        return without_none(fields) if exclude_none else fields

    def model_dump_json(
        self, *, indent: Optional[int] = None, exclude_unset: bool = True, exclude_none: bool = False
    ) -> str:
        """Returns model_dump() as JSON text."""
        from ._json import text_of

        return text_of(Model.model_dump(self, exclude_none=exclude_none), indent)

    def to_json(self, *, indent: Optional[int] = 2) -> str:
        """Returns the object as indented JSON text."""
        return Model.model_dump_json(self, indent=indent)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Model) and type(self) is type(other) and fields_of(self) == fields_of(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={value!r}" for name, value in fields_of(self).items())
        return f"{type(self).__name__}({fields})"


def wrap(kind: type[Model], value: Any) -> Any:
    """Converts an object, or each object in a list, to a model; returns anything else unchanged."""
    if isinstance(value, list):
        return [kind(element) if isinstance(element, dict) else element for element in value]
    return kind(value) if isinstance(value, dict) else value


def fields_of(model: Model) -> dict[str, Any]:
    """All fields; read through the class, because a field may have any name."""
    return type(model)._fields(model)


def plain(value: Any) -> Any:
    """The opposite of wrap."""
    if isinstance(value, list):
        return [Model.to_dict(element) if isinstance(element, Model) else element for element in value]
    return Model.to_dict(value) if isinstance(value, Model) else value


def without_none(value: Any) -> Any:
    from ._json import rebuilt

    return rebuilt(value, lambda fields: {name: one for name, one in fields.items() if one is not None})


class Function(Model):
    name: str
    arguments: str


class ToolCall(Model):
    id: str
    type: str
    function: Function
    _nested = {"function": Function}


class ChatCompletionMessage(Model):
    role: str
    content: Optional[str]
    refusal: Optional[str]
    tool_calls: Optional[list[ToolCall]]
    function_call: Optional[Function]
    _nested = {"tool_calls": ToolCall, "function_call": Function}


class TopLogprob(Model):
    token: str
    bytes: Optional[list[int]]
    logprob: float


class TokenLogprob(Model):
    token: str
    bytes: Optional[list[int]]
    logprob: float
    top_logprobs: list[TopLogprob]
    _nested = {"top_logprobs": TopLogprob}


class ChoiceLogprobs(Model):
    content: Optional[list[TokenLogprob]]
    refusal: Optional[list[TokenLogprob]]
    _nested = {"content": TokenLogprob, "refusal": TokenLogprob}


class Choice(Model):
    index: int
    message: ChatCompletionMessage
    finish_reason: str
    logprobs: Optional[ChoiceLogprobs]
    _nested = {"message": ChatCompletionMessage, "logprobs": ChoiceLogprobs}


class PromptTokensDetails(Model):
    audio_tokens: Optional[int]
    cached_tokens: Optional[int]


class CompletionTokensDetails(Model):
    accepted_prediction_tokens: Optional[int]
    audio_tokens: Optional[int]
    reasoning_tokens: Optional[int]
    rejected_prediction_tokens: Optional[int]


class CompletionUsage(Model):
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    prompt_tokens_details: Optional[PromptTokensDetails]
    completion_tokens_details: Optional[CompletionTokensDetails]
    _nested = {
        "prompt_tokens_details": PromptTokensDetails,
        "completion_tokens_details": CompletionTokensDetails,
    }


class ChatCompletion(Model):
    __slots__ = ("_request_id",)
    _request_id: Optional[str]  # the x-request-id header; openai-python's name for it
    id: str
    object: str
    created: int
    model: str
    choices: list[Choice]
    usage: Optional[CompletionUsage]
    service_tier: Optional[str]
    system_fingerprint: Optional[str]
    _nested = {"choices": Choice, "usage": CompletionUsage}


class AvailableModel(Model):
    id: str
    object: str
    created: int
    owned_by: str


class Page(Model):
    """A list from the server; iterating over it returns its elements."""

    object: str
    data: list[AvailableModel]
    _nested = {"data": AvailableModel}

    def __iter__(self) -> Iterator[AvailableModel]:
        return iter(self.data or [])


class AsyncPage(Page):
    async def __aiter__(self) -> AsyncIterator[AvailableModel]:
        for model in self:
            yield model
