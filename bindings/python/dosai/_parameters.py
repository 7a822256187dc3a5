"""The parameters of the calls, for type checkers. Running programs do not import this module.

It has the parameters that the APIs document. `extra_body` accepts any other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Literal, Mapping, Optional, Sequence, TypedDict, Union

from ._models import Model
from ._timeout import NotGiven

if TYPE_CHECKING:
    from ._key import ApiKey, AsyncApiKey
    from ._observe import CallEvent
    from ._timeout import Seconds

ChatCompletionMessageParam = Union[Mapping[str, Any], Model]
Texts = Union[str, Sequence[str], NotGiven, None]
Flag = Union[bool, NotGiven, None]
Integer = Union[int, NotGiven, None]
Number = Union[float, NotGiven, None]
Text = Union[str, NotGiven, None]
Object = Union[Mapping[str, Any], NotGiven, None]


class CallOptions(TypedDict, total=False):
    timeout: Seconds
    extra_headers: Optional[Mapping[str, str]]


class ChatParameters(CallOptions, total=False):
    extra_body: Optional[Mapping[str, Any]]
    temperature: Number
    max_tokens: Integer
    max_completion_tokens: Integer
    top_p: Number
    stop: Texts
    tools: Union[Sequence[Any], NotGiven, None]
    tool_choice: Union[str, Mapping[str, Any], NotGiven, None]
    parallel_tool_calls: Flag
    response_format: Object
    frequency_penalty: Number
    presence_penalty: Number
    n: Integer
    seed: Integer
    logprobs: Flag
    top_logprobs: Integer
    logit_bias: Object
    stream_options: Object
    reasoning_effort: Text
    verbosity: Text
    service_tier: Text
    store: Flag
    metadata: Object
    user: Text
    safety_identifier: Text
    prompt_cache_key: Text
    prediction: Object
    modalities: Texts
    audio: Object
    web_search_options: Object


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


NoStream = Union[Literal[False], NotGiven, None]
