"""The parameters of create() as help() and typing.get_type_hints() show them; the methods themselves take any."""

from __future__ import annotations

from types import FunctionType

from ._timeout import NOT_GIVEN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, TypeVar

    from . import _parameters as parameters

    Method = TypeVar("Method", bound=Callable[..., Any])
else:

    class Parameters:
        """The module of the types, which is loaded when one of them is asked for."""

        def __getattr__(self, name):
            from . import _parameters

            return getattr(_parameters, name)

    parameters = Parameters()


def create(
    self: Any,
    *,
    model: str,
    messages: parameters.Messages,
    stream: parameters.Flag = False,
    audio: parameters.Object = NOT_GIVEN,
    extra_body: parameters.Extra = None,
    extra_headers: parameters.Headers = None,
    extra_query: parameters.Query = None,
    frequency_penalty: parameters.Number = NOT_GIVEN,
    function_call: parameters.ToolChoice = NOT_GIVEN,
    functions: parameters.Tools = NOT_GIVEN,
    logit_bias: parameters.Object = NOT_GIVEN,
    logprobs: parameters.Flag = NOT_GIVEN,
    max_completion_tokens: parameters.Integer = NOT_GIVEN,
    max_tokens: parameters.Integer = NOT_GIVEN,
    metadata: parameters.Object = NOT_GIVEN,
    modalities: parameters.Texts = NOT_GIVEN,
    moderation: parameters.Object = NOT_GIVEN,
    n: parameters.Integer = NOT_GIVEN,
    parallel_tool_calls: parameters.Flag = NOT_GIVEN,
    prediction: parameters.Object = NOT_GIVEN,
    presence_penalty: parameters.Number = NOT_GIVEN,
    prompt_cache_key: parameters.Text = NOT_GIVEN,
    prompt_cache_options: parameters.Object = NOT_GIVEN,
    prompt_cache_retention: parameters.Text = NOT_GIVEN,
    reasoning_effort: parameters.Effort = NOT_GIVEN,
    response_format: parameters.Object = NOT_GIVEN,
    safety_identifier: parameters.Text = NOT_GIVEN,
    seed: parameters.Integer = NOT_GIVEN,
    service_tier: parameters.Tier = NOT_GIVEN,
    stop: parameters.Texts = NOT_GIVEN,
    store: parameters.Flag = NOT_GIVEN,
    stream_options: parameters.Object = NOT_GIVEN,
    temperature: parameters.Number = NOT_GIVEN,
    timeout: parameters.Seconds = NOT_GIVEN,
    tool_choice: parameters.ToolChoice = NOT_GIVEN,
    tools: parameters.Tools = NOT_GIVEN,
    top_logprobs: parameters.Integer = NOT_GIVEN,
    top_p: parameters.Number = NOT_GIVEN,
    user: parameters.Text = NOT_GIVEN,
    verbosity: parameters.Verbosity = NOT_GIVEN,
    web_search_options: parameters.Object = NOT_GIVEN,
    **more: object,
) -> Any: ...


def shows_parameters(returns: str) -> Callable[[Method], Method]:
    """Shows a method with the parameters of create(); `returns` is the name of a type in _parameters."""

    def decorate(method: Method) -> Method:
        shown = FunctionType(create.__code__, create.__globals__, method.__name__)
        shown.__kwdefaults__ = create.__kwdefaults__
        hints = {**create.__annotations__, "return": f"parameters.{returns}"}
        del hints["self"]
        shown.__annotations__ = method.__annotations__ = hints
        method.__wrapped__ = shown  # type: ignore[attr-defined]
        return method

    return decorate
