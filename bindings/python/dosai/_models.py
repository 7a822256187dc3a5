"""Answers as objects: each field of the JSON is an attribute, whether documented or not."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, AsyncIterator, Iterable, Iterator, Optional

    from typing_extensions import Self


class Model:
    """A JSON object. The annotated fields are the documented ones; they are None if the server did not send them."""

    __slots__ = ("__dict__", "__weakref__")
    _nested: dict[str, type[Model]] = {}

    def __init__(self, fields: dict[str, Any]) -> None:
        Model._set(self, fields)

    def _set(self, fields: dict[str, Any]) -> None:
        """Adds what is not known yet."""
        nested = type(self)._nested
        for name, value in fields.items():
            self.__dict__.setdefault(name, wrap(nested[name], value) if name in nested else value)

    @classmethod
    def _of(cls, fields: dict[str, Any]) -> Self:
        return cls(fields)

    if not TYPE_CHECKING:  # checkers know the documented fields; another is in model_extra

        def __getattr__(self, name):
            if name in type(self).__annotations__:
                return None
            hint = "" if name.startswith("_") else ": the answers of dosai.openai have all of openai-python's API"
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}{hint}")

    @property
    def model_extra(self) -> dict[str, Any]:
        """The fields that are not documented, such as "reasoning_content"."""
        documented = type(self).__annotations__
        return {name: value for name, value in fields_of(self).items() if name not in documented}

    @property
    def model_fields_set(self) -> set[str]:
        """The names of the fields that the server sent."""
        return set(fields_of(self))

    def _fields(self) -> dict[str, Any]:
        return self.__dict__

    def to_dict(self) -> dict[str, Any]:
        """The object as the server sent it, and where its format differs, as the library reads it."""
        return {name: plain(value) for name, value in fields_of(self).items()}

    def model_dump(
        self,
        *,
        mode: str = "python",
        include: Optional[Iterable[str]] = None,
        exclude: Optional[Iterable[str]] = None,
        by_alias: Optional[bool] = None,
        exclude_unset: bool = True,
        exclude_none: bool = False,
    ) -> dict[str, Any]:
        """to_dict() under pydantic's name. It contains only what the server sent, as JSON values; `include` and `exclude`
        are names of fields."""
        fields = Model.to_dict(self)
        if include is not None or exclude is not None:
            wanted = set(fields if include is None else names_in(include)) - set(names_in(exclude or ()))
            fields = {name: value for name, value in fields.items() if name in wanted}
        return without_none(fields) if exclude_none else fields

    def model_dump_json(self, *, indent: Optional[int] = None, **options: Any) -> str:
        """Returns model_dump() as JSON text."""
        from ._json import text_of

        return text_of(Model.model_dump(self, **options), indent)

    @classmethod
    def model_validate(cls, fields: Any) -> Self:
        """The opposite of model_dump()."""
        if isinstance(fields, cls):
            return fields
        if not isinstance(fields, dict):
            raise TypeError(f"{cls.__name__} is made of a dict, not {type(fields).__name__}")
        return cls._of(fields)

    @classmethod
    def model_validate_json(cls, text: str | bytes) -> Self:
        """The opposite of model_dump_json()."""
        from json import loads

        return cls.model_validate(loads(text))

    def to_json(self, *, indent: Optional[int] = 2) -> str:
        """Returns the object as indented JSON text."""
        return Model.model_dump_json(self, indent=indent)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Model) and type(self) is type(other) and fields_of(self) == fields_of(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={value!r}" for name, value in fields_of(self).items())
        return f"{type(self).__name__}({fields})"


class LazyModel(Model):
    """A model whose usual fields are known before its JSON is parsed: it is parsed only when another one is read."""

    __slots__ = ("_source",)
    _source: Optional[list[Any]]  # the JSON and the index of the choice; once parsed, its value instead of the JSON
    _absent: frozenset[str] = frozenset()  # fields that are None if they are not known

    def __init__(self, fields: dict[str, Any]) -> None:
        super().__init__(fields)
        self._source = None

    if not TYPE_CHECKING:

        def __getattr__(self, name):
            if name in type(self)._absent:
                return None
            if name == "_source" or name.startswith("__"):
                raise AttributeError(name)
            if name in type(self)._fields(self):  # a field may have any name
                return self.__dict__[name]
            return super().__getattr__(name)

    def _fields(self) -> dict[str, Any]:
        source = self._source
        if source is not None:
            value, index = source
            if isinstance(value, bytes):
                from ._json import decode

                value = source[0] = decode(value)
            self._set(type(self)._find(value, index))
            self._source = None  # last: another thread may read the object, too
        return self.__dict__

    @staticmethod
    def _find(value: dict[str, Any], index: int) -> dict[str, Any]:
        """Returns this part of the value."""
        raise NotImplementedError


def wrap(kind: type[Model], value: Any) -> Any:
    """Converts an object, or each object in a list, to a model; returns anything else unchanged."""
    if isinstance(value, list):
        return [kind._of(element) if isinstance(element, dict) else element for element in value]
    return kind._of(value) if isinstance(value, dict) else value


def fields_of(model: Model) -> dict[str, Any]:
    """All fields; read through the class, because a field may have any name."""
    return type(model)._fields(model)


def plain(value: Any) -> Any:
    """The opposite of wrap."""
    if isinstance(value, list):
        return [Model.to_dict(element) if isinstance(element, Model) else element for element in value]
    return Model.to_dict(value) if isinstance(value, Model) else value


def names_in(given: Iterable[str]) -> Iterable[str]:
    if isinstance(given, (str, dict)):
        raise TypeError(f"names of fields must be a set or a list, not {type(given).__name__}")
    return given


def without_none(value: Any) -> Any:
    from ._json import rebuilt

    return rebuilt(value, lambda fields: {name: one for name, one in fields.items() if one is not None})


class Function(Model):
    __slots__ = ("parsed_arguments",)
    parsed_arguments: Any  # what parse() made of the arguments
    name: str
    arguments: str


class CustomTool(Model):
    name: str
    input: str


class ToolCall(Model):
    id: str
    type: str
    function: Function
    custom: CustomTool
    _nested = {"function": Function, "custom": CustomTool}


class URLCitation(Model):
    start_index: int
    end_index: int
    title: str
    url: str


class Annotation(Model):
    type: str
    url_citation: URLCitation
    _nested = {"url_citation": URLCitation}


class Audio(Model):
    id: str
    data: str
    expires_at: int
    transcript: str


class ChatCompletionMessage(LazyModel):
    __slots__ = ("parsed",)
    parsed: Any  # what parse() made of the content
    role: str
    content: Optional[str]
    refusal: Optional[str]
    tool_calls: Optional[list[ToolCall]]
    function_call: Optional[Function]
    annotations: Optional[list[Annotation]]
    audio: Optional[Audio]
    _nested = {"tool_calls": ToolCall, "function_call": Function, "annotations": Annotation, "audio": Audio}

    @staticmethod
    def _find(value: dict[str, Any], index: int) -> dict[str, Any]:
        message: dict[str, Any] = Choice._find(value, index)["message"]
        return message


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


class Choice(LazyModel):
    index: int
    message: ChatCompletionMessage
    finish_reason: str
    logprobs: Optional[ChoiceLogprobs]
    _nested = {"message": ChatCompletionMessage, "logprobs": ChoiceLogprobs}

    @staticmethod
    def _find(value: dict[str, Any], index: int) -> dict[str, Any]:
        choice: dict[str, Any] = value["choices"][0]
        return choice


class PromptTokensDetails(Model):
    audio_tokens: Optional[int]
    cache_write_tokens: Optional[int]
    cached_tokens: Optional[int]
    image_tokens: Optional[int]
    text_tokens: Optional[int]


class CompletionTokensDetails(Model):
    accepted_prediction_tokens: Optional[int]
    audio_tokens: Optional[int]
    reasoning_tokens: Optional[int]
    rejected_prediction_tokens: Optional[int]
    text_tokens: Optional[int]


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


class ModerationResult(Model):
    flagged: bool
    categories: dict[str, bool]
    category_applied_input_types: dict[str, list[str]]
    category_scores: dict[str, float]
    model: str
    type: str


class ModerationSide(Model):
    """What the moderation of the input, or of the output, has found; or why it failed."""

    model: Optional[str]
    results: Optional[list[ModerationResult]]
    type: str
    code: Optional[str]
    message: Optional[str]
    _nested = {"results": ModerationResult}


class Moderation(Model):
    input: ModerationSide
    output: ModerationSide
    _nested = {"input": ModerationSide, "output": ModerationSide}


class ChatCompletion(LazyModel):
    __slots__ = ("_json", "_request_id")
    _json: Optional[bytes]
    _request_id: Optional[str]  # the x-request-id header; openai-python's name for it
    id: str
    object: str
    created: int
    model: str
    choices: list[Choice]
    usage: Optional[CompletionUsage]
    service_tier: Optional[str]
    system_fingerprint: Optional[str]
    metadata: Optional[dict[str, str]]
    moderation: Optional[Moderation]
    _nested = {"choices": Choice, "usage": CompletionUsage, "moderation": Moderation}

    @staticmethod
    def _find(value: dict[str, Any], index: int) -> dict[str, Any]:
        return value


def text_completion(json: bytes, index: int, content: str) -> ChatCompletion:
    """A completion with one choice, whose message has a text."""
    new = object.__new__  # no field needs what __init__ does
    message, choice, completion = new(ChatCompletionMessage), new(Choice), new(ChatCompletion)
    message.content = content
    choice.index, choice.message = index, message
    completion.choices = [choice]
    message._source = choice._source = completion._source = [json, index]
    return completion


def raw_json(answer: Model) -> Optional[str]:
    """The JSON text that a completion or a chunk came from, with its numbers as they are written there; of a completion
    from a stream, as it was assembled. None if your program made the object."""
    text: Optional[bytes] = getattr(answer, "_json", None)
    return None if text is None else text.decode("utf-8", "replace")


def text_of_first(completion: ChatCompletion) -> str:
    """The text of the first choice."""
    return (completion.choices[0].message.content or "") if completion.choices else ""


class AvailableModel(Model):
    id: str
    object: str
    created: int
    owned_by: str
    shutdown_date: Optional[str]


class Embedding(Model):
    object: str
    index: int
    embedding: list[float]


class EmbeddingUsage(Model):
    prompt_tokens: int
    total_tokens: int


class CreateEmbeddingResponse(Model):
    object: str
    model: str
    data: list[Embedding]
    usage: EmbeddingUsage
    _nested = {"data": Embedding, "usage": EmbeddingUsage}


class Page(Model):
    """A list from the server; iterating over it returns its elements."""

    object: str
    data: list[AvailableModel]
    _nested = {"data": AvailableModel}

    def __iter__(self) -> Iterator[AvailableModel]:
        return iter(self.data or [])


class AsyncPage(Page):
    object: str
    data: list[AvailableModel]

    async def __aiter__(self) -> AsyncIterator[AvailableModel]:
        for model in self:
            yield model
