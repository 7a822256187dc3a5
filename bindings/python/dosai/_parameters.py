"""The parameters of the calls, for type checkers and help(). Other programs do not load this module.

It has the parameters that the APIs document. `extra_body` accepts any other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Iterable, Literal, Mapping, Optional, Sequence, TypedDict, Union

from ._async_stream import AsyncStream
from ._messages import ChatCompletionMessageParam as ChatCompletionMessageParam
from ._models import ChatCompletion
from ._response import Response as Response
from ._stream import Stream
from ._timeout import NotGiven, Timeout

if TYPE_CHECKING:
    from ._key import ApiKey, AsyncApiKey
    from ._observe import CallEvent

Messages = Iterable[ChatCompletionMessageParam]
Seconds = Union[float, Timeout, NotGiven, None]
Headers = Optional[Mapping[str, str]]
Query = Optional[Mapping[str, object]]
Extra = Optional[Mapping[str, Any]]
Texts = Union[str, Sequence[str], NotGiven, None]
Flag = Union[bool, NotGiven, None]
Integer = Union[int, NotGiven, None]
Number = Union[float, NotGiven, None]
Text = Union[str, NotGiven, None]
Object = Union[Mapping[str, Any], NotGiven, None]
Tools = Union[Sequence[Any], NotGiven, None]
ToolChoice = Union[Literal["none", "auto", "required"], Mapping[str, Any], NotGiven, None]
Effort = Union[Literal["none", "minimal", "low", "medium", "high", "xhigh"], NotGiven, None]
Verbosity = Union[Literal["low", "medium", "high"], NotGiven, None]
Tier = Union[Literal["auto", "default", "flex", "scale", "priority"], NotGiven, None]


class CallOptions(TypedDict, total=False):
    timeout: Seconds
    extra_headers: Headers


class CommonParameters(CallOptions, total=False):
    """What every chat call has."""

    extra_query: Query
    extra_body: Extra
    temperature: Number
    max_tokens: Integer
    max_completion_tokens: Integer
    top_p: Number
    stop: Texts
    tool_choice: ToolChoice
    parallel_tool_calls: Flag
    frequency_penalty: Number
    presence_penalty: Number
    n: Integer
    seed: Integer
    logprobs: Flag
    top_logprobs: Integer
    logit_bias: Object
    stream_options: Object
    reasoning_effort: Effort
    verbosity: Verbosity
    service_tier: Tier
    store: Flag
    metadata: Object
    user: Text
    safety_identifier: Text
    prompt_cache_key: Text
    prediction: Object
    modalities: Texts
    audio: Object
    web_search_options: Object
    moderation: Object
    prompt_cache_options: Object
    prompt_cache_retention: Text
    function_call: ToolChoice
    functions: Tools


class ParseParameters(CommonParameters, total=False):
    tools: Tools


class ChatParameters(ParseParameters, total=False):
    response_format: Object


class StreamParameters(ParseParameters, total=False):
    response_format: Union[Mapping[str, Any], type[Any], NotGiven, None]


class ToolLoopParameters(CommonParameters, total=False):
    response_format: Union[Mapping[str, Any], type[Any], NotGiven, None]


class LibraryOptions(TypedDict, total=False):
    """The fields of dosai_client_options that are not named arguments."""

    api_key_header: Optional[str]
    on_event: Optional[Callable[[CallEvent], object]]
    user_agent: Optional[str]
    ca_file: Optional[str]
    ca_pem: Optional[str]
    client_certificate_file: Optional[str]
    client_key_file: Optional[str]
    client_key_password: Optional[str]
    proxy: Optional[str]
    unix_socket: Optional[str]
    keep_alive_timeout_ms: int
    max_event_bytes: int
    max_response_bytes: int
    max_text_bytes: int
    max_header_bytes: int
    max_json_nodes: int
    max_json_depth: int
    max_choices: int
    max_tool_calls: int
    max_redirects: int
    requests_per_minute: int
    tokens_per_minute: int
    allow_insecure_http: bool
    proxy_from_environment: bool
    http1_only: bool


class ClientOptions(LibraryOptions, total=False):
    api_key: Union[ApiKey, AsyncApiKey]
    base_url: Optional[str]
    organization: Optional[str]
    project: Optional[str]
    timeout: Seconds
    max_retries: int
    default_headers: Optional[Mapping[str, str]]
    default_query: Optional[Mapping[str, object]]


Answer = Union[ChatCompletion, Stream]
AsyncAnswer = Union[ChatCompletion, AsyncStream]
NoStream = Union[Literal[False], NotGiven, None]
