"""The events of chat.completions.stream(), with openai-python's types and fields."""

from __future__ import annotations

from typing import Any, Callable, Literal, Union

from ._chunks import ChatCompletionChunk
from ._models import ChatCompletion, TokenLogprob


class Event:
    type: str

    def __init__(self, **fields: Any) -> None:
        self.__dict__.update(fields)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.__dict__.items())})"


class ChunkEvent(Event):
    """A chunk as it came; the others say what is in it. `snapshot` is the completion so far, when it is read."""

    type: Literal["chunk"] = "chunk"
    chunk: ChatCompletionChunk
    _snapshot: Callable[[], ChatCompletion]

    @property
    def snapshot(self) -> ChatCompletion:
        return self._snapshot()


class ContentDeltaEvent(Event):
    type: Literal["content.delta"] = "content.delta"
    delta: str
    snapshot: str
    parsed: Any  # of a response format that is a class: the JSON so far


class ContentDoneEvent(Event):
    type: Literal["content.done"] = "content.done"
    content: str
    parsed: Any


class RefusalDeltaEvent(Event):
    type: Literal["refusal.delta"] = "refusal.delta"
    delta: str
    snapshot: str


class RefusalDoneEvent(Event):
    type: Literal["refusal.done"] = "refusal.done"
    refusal: str


class FunctionToolCallArgumentsDeltaEvent(Event):
    type: Literal["tool_calls.function.arguments.delta"] = "tool_calls.function.arguments.delta"
    name: str
    index: int
    arguments: str  # so far
    parsed_arguments: Any  # if the tool is strict: the JSON so far
    arguments_delta: str


class FunctionToolCallArgumentsDoneEvent(Event):
    type: Literal["tool_calls.function.arguments.done"] = "tool_calls.function.arguments.done"
    name: str
    index: int
    arguments: str
    parsed_arguments: Any  # if the tool is strict


class LogprobsContentDeltaEvent(Event):
    type: Literal["logprobs.content.delta"] = "logprobs.content.delta"
    content: list[TokenLogprob]
    snapshot: list[TokenLogprob]


class LogprobsContentDoneEvent(Event):
    type: Literal["logprobs.content.done"] = "logprobs.content.done"
    content: list[TokenLogprob]


class LogprobsRefusalDeltaEvent(Event):
    type: Literal["logprobs.refusal.delta"] = "logprobs.refusal.delta"
    refusal: list[TokenLogprob]
    snapshot: list[TokenLogprob]


class LogprobsRefusalDoneEvent(Event):
    type: Literal["logprobs.refusal.done"] = "logprobs.refusal.done"
    refusal: list[TokenLogprob]


ChatCompletionStreamEvent = Union[
    ChunkEvent,
    ContentDeltaEvent,
    ContentDoneEvent,
    RefusalDeltaEvent,
    RefusalDoneEvent,
    FunctionToolCallArgumentsDeltaEvent,
    FunctionToolCallArgumentsDoneEvent,
    LogprobsContentDeltaEvent,
    LogprobsContentDoneEvent,
    LogprobsRefusalDeltaEvent,
    LogprobsRefusalDoneEvent,
]
