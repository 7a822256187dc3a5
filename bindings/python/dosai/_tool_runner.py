"""The tool loop: asks the model, runs the functions that it calls, and tells it their results, until it answers."""

from __future__ import annotations

from ctypes import c_int64
from typing import Any, Generator, Generic, Iterable, Iterator, Optional, TypeVar, Union

from . import _ffi
from ._call import Call, new_cancel, number, read_completion
from ._chat import chat_call, list_of
from ._closing import Closing
from ._errors import APICancelledError, DosaiError, MaxRoundsError
from ._models import ChatCompletion, ToolCall, text_of_first
from ._parse import Shape, check_message, check_whole, parsed, response_format_of
from ._stream import Stream
from ._tools import ToolResult, Tools, content_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._client import BaseClient, Client

Part = TypeVar("Part")  # of an answer: a ChatCompletion, or a chunk of a stream


class BaseToolRunner(Generic[Part]):
    """What the runners of both clients know: the conversation, and whether it goes on."""

    def __init__(
        self, *, messages: Iterable[Any], tools: Iterable[Any], max_rounds: int, raise_errors: bool, **arguments: Any
    ) -> None:
        if number(max_rounds, "max_rounds", c_int64) < 1:
            raise ValueError("max_rounds must be at least 1")
        self.messages: list[Any] = list_of(messages)  # the conversation so far, in whole rounds
        self.completions: list[ChatCompletion] = []  # the answers so far
        self._tools, self._max_rounds = Tools(tools, raise_errors), max_rounds
        self._arguments = arguments
        self._shape: Optional[Shape] = None
        if self._tools.definitions:
            arguments["tools"] = self._tools.definitions
        self._is_closed, self._is_over = False, False
        if isinstance(arguments.get("response_format"), type):
            self._shape = Shape(arguments["response_format"], ())
            arguments["response_format"] = response_format_of(self._shape.model)

    def _parts(self, client: BaseClient) -> tuple[Any, Any, Any]:
        """The parts of the next call."""
        if self._is_closed:
            raise closed()
        return chat_call(client, messages=self.messages, **self._arguments)

    def _add(self, completion: ChatCompletion) -> list[ToolCall]:
        """Takes an answer, and returns its calls."""
        self.completions.append(completion)
        choice = completion.choices[0] if completion.choices else None
        if choice is not None:
            check_message(completion, choice)
        if choice is None or not choice.message.tool_calls:
            self.messages += [choice.message] if choice else []
            parsed(completion, self._shape)
            self._is_over = True
            return []
        check_whole(completion, choice)
        if len(self.completions) == self._max_rounds:
            raise MaxRoundsError(f"the model still calls functions in round {self._max_rounds}", completion=completion)
        return choice.message.tool_calls

    def _add_results(self, results: Iterable[ToolResult]) -> None:
        self.messages += [self.completions[-1].choices[0].message, *(result.message for result in results)]
        if "tool_choice" in self._arguments:
            self._arguments["tool_choice"] = unforced(self._arguments["tool_choice"])

    def _final(self) -> ChatCompletion:
        if not self._is_over:
            raise DosaiError("the tool loop ended before the model's answer", status="CANCELLED")
        return self.completions[-1]


class ToolRunner(BaseToolRunner[Part], Closing):
    """A tool loop. Iteration gives each step: an answer, or the chunks of it, and after it a ToolResult of each call.

    A function runs when its result is asked for. Any thread may close the loop.
    """

    def __init__(self, client: Client, **arguments: Any) -> None:
        super().__init__(**arguments)
        for tool in self._tools:
            if tool._is_async:
                raise TypeError(f"{tool.name}() is asynchronous: use AsyncClient")
        self._client, self._cancel = client, new_cancel()
        self._steps = self._run()

    def __iter__(self) -> Iterator[Union[Part, ToolResult]]:
        return self

    def __next__(self) -> Union[Part, ToolResult]:
        step: Union[Part, ToolResult] = next(self._steps)
        return step

    def _run(self) -> Generator[Any, None, None]:
        while not self._is_over:
            client, request, options = self._parts(self._client)
            options.cancel = self._cancel.pointer
            call = Call(options)
            if self._arguments["stream"]:
                stream = Stream(client._open_handle(), request, call)
                yield from stream
                calls = self._add(stream.current_completion_snapshot)
            else:
                completion = read_completion(client._complete(call, _ffi.dosai_chat, request.pointer))
                yield completion
                calls = self._add(completion)
            results = []
            for each in calls:
                if self._is_closed:
                    raise closed()
                results.append(self._answer(each))
                yield results[-1]
            if results:
                self._add_results(results)

    def _answer(self, call: ToolCall) -> ToolResult:
        result = ToolResult(call)
        try:
            result.content = content_of(self._tools.bind(result)())
        except Exception as error:
            self._tools.fail(result, error)
        return result

    def get_final_completion(self) -> ChatCompletion:
        """Runs the loop to its end, and returns the model's answer."""
        for _ in self:
            pass
        return self._final()

    def get_final_text(self) -> str:
        """Runs the loop to its end, and returns the text of the model's answer."""
        return text_of_first(self.get_final_completion())

    def close(self) -> None:
        """Stops the loop: the call in progress ends, and no other function runs. A thread in it gets APICancelledError.
        """
        self._is_closed = True
        _ffi.dosai_cancel_trigger(self._cancel.pointer)
        try:
            self._steps.close()
        except ValueError:
            pass  # a thread is in it


def unforced(choice: Any) -> Any:
    """The choice of the questions after the first: with a call that is forced, the model could only call again."""
    if choice == "required" or isinstance(choice, dict) and ("function" in choice or "custom" in choice):
        return "auto"
    allowed = choice.get("allowed_tools") if isinstance(choice, dict) else None
    if isinstance(allowed, dict) and allowed.get("mode") == "required":
        return {**choice, "allowed_tools": {**allowed, "mode": "auto"}}
    return choice


def closed() -> APICancelledError:
    return APICancelledError("the tool loop was closed", status="CANCELLED")
