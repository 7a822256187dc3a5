"""What a chunk means, as the events of chat.completions.stream()."""

from __future__ import annotations

from typing import Any, Callable, Optional

from ._chunks import ChatCompletionChunk, ChunkChoice
from ._event_types import (
    ChatCompletionStreamEvent,
    ChunkEvent,
    ContentDeltaEvent,
    ContentDoneEvent,
    FunctionToolCallArgumentsDeltaEvent,
    FunctionToolCallArgumentsDoneEvent,
    LogprobsContentDeltaEvent,
    LogprobsContentDoneEvent,
    LogprobsRefusalDeltaEvent,
    LogprobsRefusalDoneEvent,
    RefusalDeltaEvent,
    RefusalDoneEvent,
)
from ._models import ChatCompletion, TokenLogprob
from ._parse import Shape, check_whole, parsed_content, shape_of

Events = list[ChatCompletionStreamEvent]


class EventMaker:
    """Makes the events of each chunk. `snapshot` gives the completion so far."""

    def __init__(self, snapshot: Callable[[], ChatCompletion], shape: Shape) -> None:
        self._snapshot, self._shape, self._choices = snapshot, shape, dict[int, ChoiceEvents]()

    def events(self, chunk: ChatCompletionChunk) -> Events:
        made: Events = [ChunkEvent(chunk=chunk, _snapshot=self._snapshot)]
        for choice in chunk.choices:
            state = self._choices.setdefault(choice.index, ChoiceEvents(self._snapshot, self._shape))
            made += state.deltas(choice)
            if self._shape and choice.finish_reason in ("length", "content_filter"):
                check_whole(self._snapshot(), choice)
            made += state.ends(choice)
        return made


class ChoiceEvents:
    """The events of one choice, and what they add up to."""

    def __init__(self, snapshot: Callable[[], ChatCompletion], shape: Shape) -> None:
        self._snapshot, self._shape, self._done = snapshot, shape, set[str]()
        self._content, self._refusal = "", ""
        self._logprobs: dict[str, list[TokenLogprob]] = {}
        self._calls: dict[int, list[str]] = {}  # by index: name and arguments
        self._call: Optional[int] = None  # the one that came last

    def deltas(self, choice: ChunkChoice) -> Events:
        made: Events = []
        delta = choice.delta
        if delta.content is not None:
            self._content += delta.content
            value = None if self._shape.model is None or self._refusal else so_far(self._content)
            made.append(ContentDeltaEvent(delta=delta.content, snapshot=self._content, parsed=value))
        if delta.refusal is not None:
            self._refusal += delta.refusal
            made.append(RefusalDeltaEvent(delta=delta.refusal, snapshot=self._refusal))
        for call in delta.tool_calls or []:
            if call.function is None:  # a custom tool
                continue
            known, piece = self._calls.setdefault(call.index, ["", ""]), call.function.arguments or ""
            name = call.function.name or ""
            known[0] = name if name.startswith(known[0]) else known[0] + name  # pieces, or the whole again
            known[1] += piece
            value = so_far(known[1]) if self._shape.has(known[0]) else None
            made.append(FunctionToolCallArgumentsDeltaEvent(
                name=known[0], index=call.index, arguments=known[1], parsed_arguments=value, arguments_delta=piece))
        if choice.logprobs is not None:
            made += self._add_logprobs("content", choice.logprobs.content, LogprobsContentDeltaEvent)
            made += self._add_logprobs("refusal", choice.logprobs.refusal, LogprobsRefusalDeltaEvent)
        return made

    def ends(self, choice: ChunkChoice) -> Events:
        """What has ended: the text and a call, when another call begins, or with the choice."""
        made: Events = []
        for call in choice.delta.tool_calls or []:
            if call.index != self._call:
                made += self._text_done() + self._call_done()
            self._call = call.index
        return made + self._text_done() + self._call_done() if choice.finish_reason else made

    def _add_logprobs(self, name: str, new: Optional[list[TokenLogprob]], kind: Any) -> Events:
        if not new:
            return []
        self._logprobs[name] = [*self._logprobs.get(name, []), *new]
        return [kind(**{name: new, "snapshot": self._logprobs[name]})]

    def _is_new(self, name: str, value: Any) -> bool:
        """Whether there is such a thing, and its end was not told."""
        is_new = bool(value) and name not in self._done
        if is_new:
            self._done.add(name)
        return is_new

    def _text_done(self) -> Events:
        made: Events = []
        if self._is_new("content", self._content):
            value = None
            if self._shape.model is not None and not self._refusal:
                value = parsed_content(self._content, self._shape.model, self._snapshot)
            made.append(ContentDoneEvent(content=self._content, parsed=value))
        if self._is_new("refusal", self._refusal):
            made.append(RefusalDoneEvent(refusal=self._refusal))
        for name, kind in (("content", LogprobsContentDoneEvent), ("refusal", LogprobsRefusalDoneEvent)):
            if self._is_new("logprobs." + name, self._logprobs.get(name)):
                made.append(kind(**{name: self._logprobs[name]}))
        return made

    def _call_done(self) -> Events:
        if self._call not in self._calls or not self._is_new(f"call {self._call}", True):
            return []
        name, arguments = self._calls[self._call]
        value = self._shape.arguments(name, arguments, self._snapshot)
        return [FunctionToolCallArgumentsDoneEvent(
            name=name, index=self._call, arguments=arguments, parsed_arguments=value)]


def so_far(text: str) -> Any:
    """The value of JSON that has not come to its end; None without pydantic."""
    try:
        from pydantic_core import from_json

        return from_json(text, allow_partial=True) if text.strip() else None
    except (ImportError, ValueError):
        return None


def stream_arguments(parameters: dict[str, Any]) -> tuple[Shape, dict[str, Any]]:
    """What the answer is turned into, and the arguments of create()."""
    given = parameters.get("response_format")
    shape, parameters = shape_of(given if isinstance(given, type) else None, parameters)
    return shape, {**parameters, "stream": True}
