"""What the library reads in an answer, where the server's format differs. Loaded only where it does."""

from __future__ import annotations

from ctypes import byref, sizeof

from . import _ffi
from ._chunks import REASONING, list_calls, reasoning_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Optional

    Text = Callable[..., Optional[str]]

_DETAILS = (("prompt_tokens_details", "cached_tokens"), ("completion_tokens_details", "reasoning_tokens"))


def add_usage(owner: dict[str, Any], usage: Any) -> None:
    """The usage that the server has put elsewhere."""
    counts = {name: getattr(usage, name) for name in ("prompt_tokens", "completion_tokens", "total_tokens")}
    given = owner.get("usage")
    if isinstance(given, dict) and given or max(counts.values()) < 0:
        return
    owner["usage"] = {name: None if count < 0 else count for name, count in counts.items()}
    for details, name in _DETAILS:
        if getattr(usage, name) >= 0:
            owner["usage"][details] = {name: getattr(usage, name)}


def sort_choices(answer: Any) -> Any:
    choices = answer.get("choices") if isinstance(answer, dict) else None
    if isinstance(choices, list) and len(choices) > 1:
        answer["choices"] = [choices[at] for at in sorted(range(len(choices)), key=lambda at: index_of(choices[at], at))]
    return answer


def index_of(choice: Any, position: int) -> int:
    index = choice.get("index") if isinstance(choice, dict) else None
    return index if isinstance(index, int) and index >= 0 else position


def repair(answer: Any, completion: Any, text: Text) -> None:
    """`text` reads a text of the library's completion."""
    if not isinstance(answer, dict):
        return
    created, usage = _ffi.dosai_completion_created(completion), _ffi.dosai_usage()
    if created >= 0:
        answer["created"] = created
    usage.struct_size = sizeof(usage)
    _ffi.dosai_completion_usage(completion, byref(usage))
    add_usage(answer, usage)
    choices = answer.get("choices")
    if isinstance(choices, list) and len(choices) == _ffi.dosai_completion_choice_count(completion):
        for at, choice in enumerate(choices):
            if isinstance(choice, dict):
                repair_choice(choice, completion, at, text)


def repair_choice(choice: dict[str, Any], completion: Any, at: int, text: Text) -> None:
    message = choice["message"] = choice["message"] if isinstance(choice.get("message"), dict) else {}
    choice["index"] = _ffi.dosai_completion_choice_index(completion, at)
    for name, function in (("content", _ffi.dosai_completion_content), ("refusal", _ffi.dosai_completion_refusal)):
        value = text(function, completion, at)
        if value is not None or message.get(name) is not None:
            message[name] = value
    reasoning = text(_ffi.dosai_completion_reasoning, completion, at)
    if reasoning is not None and reasoning_name(message) is None:
        message[REASONING[0]] = reasoning
    reason = text(_ffi.dosai_completion_finish_reason_text, completion, at)
    if reason is not None:
        choice["finish_reason"] = reason
    list_calls(message)
    calls = message.get("tool_calls")
    for position, call in enumerate(calls if isinstance(calls, list) else []):
        arguments = text(_ffi.dosai_completion_tool_call_arguments, completion, at, position)
        if arguments is not None and isinstance(call, dict) and isinstance(call.get("function"), dict):
            call["function"]["arguments"] = arguments
