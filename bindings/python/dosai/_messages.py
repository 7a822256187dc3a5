"""The messages of a conversation, for type checkers. Running programs do not import this module."""

from __future__ import annotations

from typing import Any, Literal, Mapping, Optional, Sequence, TypedDict, Union

from ._models import ChatCompletionMessage


class ChatCompletionContentPartTextParam(TypedDict):
    type: Literal["text"]
    text: str


class ImageURLRequired(TypedDict):
    url: str


class ImageURL(ImageURLRequired, total=False):
    detail: Literal["auto", "low", "high"]


class ChatCompletionContentPartImageParam(TypedDict):
    type: Literal["image_url"]
    image_url: ImageURL


class InputAudio(TypedDict):
    data: str
    format: Literal["wav", "mp3"]


class ChatCompletionContentPartInputAudioParam(TypedDict):
    type: Literal["input_audio"]
    input_audio: InputAudio


# Servers have other parts, too.
ChatCompletionContentPartParam = Union[
    ChatCompletionContentPartTextParam,
    ChatCompletionContentPartImageParam,
    ChatCompletionContentPartInputAudioParam,
    Mapping[str, Any],
]
Content = Union[str, Sequence[ChatCompletionContentPartParam]]


class Named(TypedDict, total=False):
    name: str


class ChatCompletionDeveloperMessageParam(Named):
    role: Literal["developer"]
    content: Content


class ChatCompletionSystemMessageParam(Named):
    role: Literal["system"]
    content: Content


class ChatCompletionUserMessageParam(Named):
    role: Literal["user"]
    content: Content


class FunctionCall(TypedDict):
    name: str
    arguments: str


class ChatCompletionMessageToolCallParam(TypedDict):
    id: str
    type: Literal["function"]
    function: FunctionCall


class AssistantRequired(TypedDict):
    role: Literal["assistant"]


class ChatCompletionAssistantMessageParam(AssistantRequired, Named, total=False):
    content: Optional[Content]
    refusal: Optional[str]
    tool_calls: Sequence[Union[ChatCompletionMessageToolCallParam, Mapping[str, Any]]]
    function_call: Optional[FunctionCall]
    audio: Optional[Mapping[str, Any]]
    reasoning_content: Optional[str]


class ChatCompletionToolMessageParam(TypedDict):
    role: Literal["tool"]
    content: Content
    tool_call_id: str


class ChatCompletionFunctionMessageParam(TypedDict):
    role: Literal["function"]
    content: Optional[str]
    name: str


ChatCompletionMessageParam = Union[
    ChatCompletionDeveloperMessageParam,
    ChatCompletionSystemMessageParam,
    ChatCompletionUserMessageParam,
    ChatCompletionAssistantMessageParam,
    ChatCompletionToolMessageParam,
    ChatCompletionFunctionMessageParam,
    ChatCompletionMessage,
]
