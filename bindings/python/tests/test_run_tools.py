"""The tool loop: run_tools() of Client and AsyncClient, whole and streamed."""

import asyncio
import functools
import json
import pathlib
import subprocess
import sys
import threading
import time

import dosai
import pytest
from dosai import testing
from lateness import allowance

CHOICES = pathlib.Path(__file__).resolve().parents[3] / "Tests/Bindings/tool_choices.txt"
QUESTION = [{"role": "user", "content": "The weather in Tokyo?"}]


def get_weather(location: str) -> dict:
    """The weather of a city, now"""
    return {"location": location, "celsius": 18}


def calls(*named, **more):
    return testing.completion(tool_calls=[testing.tool_call(name, arguments) for name, arguments in named], **more)


ASKED = calls(("get_weather", {"location": "Tokyo"}))


@pytest.fixture
def options(dosai_server):
    return {"base_url": dosai_server.base_url, "api_key": "k", "max_retries": 0}


@pytest.fixture(params=["whole", "stream", "async", "async stream"])
def run(request, options, dosai_server):
    """Runs a loop to its end: the runner, its steps, and its answer."""
    is_async, is_stream = "async" in request.param, "stream" in request.param

    def call(client, arguments):
        runner = client.chat.completions.run_tools(**arguments)
        return runner, list(runner), runner.get_final_completion()

    async def call_async(client, arguments):
        runner = client.chat.completions.run_tools(**arguments)
        return runner, [step async for step in runner], await runner.get_final_completion()

    def either(*replies, tools=(get_weather,), **more):
        dosai_server.reply(*replies)
        arguments = {"model": "m", "messages": QUESTION, "tools": tools, "stream": is_stream, **more}
        if is_async:
            return asyncio.run(call_async(dosai.AsyncClient(**options), arguments))
        return call(dosai.Client(**options), arguments)

    either.is_async, either.is_stream = is_async, is_stream
    return either


def results_of(steps):
    return [step for step in steps if isinstance(step, dosai.ToolResult)]


def test_a_function_is_called_and_its_result_is_told(run, dosai_server):
    runner, steps, answer = run(ASKED, "It is 18 degrees.")
    assert answer.choices[0].message.content == "It is 18 degrees."
    first, second = (request.json for request in dosai_server.requests)
    assert first["messages"] == QUESTION and first["tools"] == second["tools"] == [{"type": "function", "function": {
        "name": "get_weather", "description": "The weather of a city, now", "parameters": {
            "type": "object", "required": ["location"], "additionalProperties": False,
            "properties": {"location": {"type": "string"}}}}}]
    said, told = second["messages"][1:]
    assert said["tool_calls"][0]["function"]["arguments"] == '{"location": "Tokyo"}'
    assert told == {"role": "tool", "tool_call_id": "call_1", "content": '{"location": "Tokyo", "celsius": 18}'}
    assert runner.messages[:3] == [*second["messages"][:1], runner.completions[0].choices[0].message, told]
    assert runner.messages[3:] == [answer.choices[0].message] and runner.completions[1] is answer


def test_each_step_is_seen(run):
    runner, steps, answer = run(ASKED, "It is 18 degrees.")
    (result,) = results_of(steps)
    assert (result.id, result.name, result.arguments) == ("call_1", "get_weather", '{"location": "Tokyo"}')
    assert json.loads(result.content)["celsius"] == 18 and result.error is None
    assert repr(result).startswith("ToolResult(get_weather(")
    at = steps.index(result)
    if run.is_stream:
        assert all(isinstance(step, dosai.ChatCompletionChunk) for step in steps if step is not result)
        assert steps[at - 1].choices[0].finish_reason == "tool_calls"
        assert "".join(chunk.choices[0].delta.content or "" for chunk in steps[at + 1:]) == "It is 18 degrees."
    else:
        assert steps == [runner.completions[0], result, answer]


def test_the_next_conversation_goes_on_from_this_one(run, dosai_server):
    runner, _, _ = run(ASKED, "18.")
    again, _, _ = run("Yes.", messages=[*runner.messages, {"role": "user", "content": "Sure?"}])
    assert [message["role"] for message in dosai_server.requests[-1].json["messages"]] == [
        "user", "assistant", "tool", "assistant", "user"]


def test_an_answer_without_calls_ends_it(run, dosai_server):
    _, steps, answer = run("Hello.")
    assert not results_of(steps) and answer.choices[0].message.content == "Hello."


def test_rounds_are_limited(run, dosai_server):
    ran = []

    def more(n: int) -> None:
        ran.append(n)

    with pytest.raises(dosai.MaxRoundsError, match="still calls functions in round 10") as caught:
        run(*[calls(("more", {"n": n})) for n in range(10)], tools=[more])
    assert len(dosai_server.requests) == 10 and ran == list(range(9))  # no function runs in vain
    assert caught.value.completion.choices[0].message.tool_calls
    with pytest.raises(dosai.MaxRoundsError):
        run(ASKED, max_rounds=1)
    with pytest.raises(ValueError, match="max_rounds"):
        run(max_rounds=0)


def fail(location: str) -> str:
    raise LookupError("no such city")


def test_an_error_is_told(run, dosai_server):
    _, steps, answer = run(calls(("fail", {"location": "x"})), "Sorry.", tools=[fail])
    assert dosai_server.requests[1].json["messages"][-1]["content"] == "error: LookupError: no such city"
    assert isinstance(results_of(steps)[0].error, LookupError)


class WithoutText(Exception):
    def __str__(self):
        raise TypeError("no text")


def test_an_error_without_a_text_is_told(run, dosai_server):
    def fail():
        raise WithoutText

    run(calls(("fail", {})), "Sorry.", tools=[fail])
    assert dosai_server.requests[1].json["messages"][-1]["content"] == "error: WithoutText: the function failed"


def test_an_error_is_raised_by_choice(run, dosai_server):
    with pytest.raises(LookupError, match="no such city"):
        run(calls(("fail", {"location": "x"})), tools=[fail], raise_errors=True)
    assert len(dosai_server.requests) == 1


@pytest.mark.parametrize("name, arguments, told", [
    ("get_wether", {}, "there is no function get_wether"),
    ("get_weather", "{", "the arguments of get_weather are wrong: "),
    ("get_weather", "[]", "the arguments of get_weather are wrong: not an object"),
    ("get_weather", '{"location": NaN}', "the arguments of get_weather are wrong: NaN is not JSON"),
    ("get_weather", {}, "the arguments of get_weather are wrong: location is missing"),
    ("get_weather", {"location": 3}, "the arguments of get_weather are wrong: location: not of type string"),
    ("get_weather", {"location": "x", "y": 1}, "the arguments of get_weather are wrong: y is unknown"),
])
def test_the_models_mistakes_are_told(run, dosai_server, name, arguments, told):
    _, steps, _ = run(calls((name, arguments)), "Sorry.", raise_errors=True)
    assert dosai_server.requests[1].json["messages"][-1]["content"].startswith("error: " + told)
    assert isinstance(results_of(steps)[0].error, ValueError)


def replied(call, is_stream):
    """An answer with a call that testing.completion() would not make."""
    if is_stream:
        return testing.events(testing.chunk({"tool_calls": [{"index": 0, **call}]}), testing.chunk({}, "tool_calls"))
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    return testing.answer({"object": "chat.completion", "choices": [
        {"index": 0, "message": message, "finish_reason": "tool_calls"}]})


NAMED = {"type": "function", "function": {"name": "get_weather", "arguments": '{"location": "Tokyo"}'}}


@pytest.mark.parametrize("call", [NAMED, {"id": None, **NAMED}])
def test_a_call_without_an_id_is_answered_with_an_empty_one(run, dosai_server, call):
    _, steps, _ = run(replied(call, run.is_stream), "18.")
    told = dosai_server.requests[1].json["messages"][-1]
    assert told["tool_call_id"] == results_of(steps)[0].id == "" and '"celsius": 18' in told["content"]


def test_an_id_goes_back_as_it_came(run, dosai_server):
    run(replied({"id": 5, **NAMED}, run.is_stream), "18.")
    asked, told = dosai_server.requests[1].json["messages"][-2:]
    assert asked["tool_calls"][0]["id"] == told["tool_call_id"] == 5


@pytest.mark.parametrize("call", [
    {"id": "c", "function": {"arguments": "{}"}}, {"id": "c", "function": {"name": None, "arguments": "{}"}},
    {"id": "c", "function": {"name": ["get_weather"]}}, {"id": "c", "function": "get_weather"},
    {"id": "c", "type": "custom", "custom": {"name": "get_weather", "input": "{}"}},
])
def test_the_model_is_told_of_a_call_without_a_name(run, dosai_server, call):
    _, steps, _ = run(replied(call, run.is_stream), "Sorry.", raise_errors=True)
    told = dosai_server.requests[1].json["messages"][-1]
    assert told == {"role": "tool", "tool_call_id": "c", "content": "error: there is no function without a name"}
    assert results_of(steps)[0].name == ""


@pytest.mark.parametrize("run", ["whole", "async"], indirect=True)
@pytest.mark.parametrize("message", [None, "Hello", {"role": "assistant", "tool_calls": "f"}])
def test_a_message_that_is_none_is_an_error(run, message):
    with pytest.raises(dosai.APIResponseValidationError, match="the message of the answer cannot be read") as caught:
        run(testing.answer({"object": "chat.completion", "choices": [{"index": 0, "message": message}]}))
    assert caught.value.completion.object == "chat.completion"


@pytest.mark.parametrize("run", ["whole", "async"], indirect=True)
def test_a_call_that_is_in_no_list_is_run(run, dosai_server):
    message = {"role": "assistant", "tool_calls": {"id": "c", "type": "function", "function": {"name": "go", "arguments": "{}"}}}
    answer = {"object": "chat.completion", "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}]}

    def go() -> str:
        return "gone"

    run(testing.answer(answer), "Hello!", tools=[go])
    told = dosai_server.requests[1].json["messages"][-1]
    assert told == {"role": "tool", "tool_call_id": "c", "content": "gone"}


@pytest.mark.parametrize("run", ["whole", "async"], indirect=True)
@pytest.mark.parametrize("call", [None, "get_weather", 3])
def test_what_is_no_call_does_not_end_the_loop(run, dosai_server, call):
    run(replied(call, False), "Sorry.")
    assert dosai_server.requests[1].json["messages"][-1]["content"] == "error: there is no function without a name"


@pytest.mark.parametrize("reason, kind", [("length", dosai.LengthFinishReasonError),
                                          ("content_filter", dosai.ContentFilterFinishReasonError)])
def test_calls_of_an_answer_that_was_cut_do_not_run(run, reason, kind):
    ran = []

    def go() -> None:
        ran.append(1)

    with pytest.raises(kind):
        run(calls(("go", {}), finish_reason=reason), tools=[go])
    assert not ran
    if not run.is_stream:
        with pytest.raises(kind):
            run(testing.answer({"object": "chat.completion", "choices": [{"index": 0, "finish_reason": reason}]}))


@pytest.mark.parametrize("value, told", [
    ("text", "text"), (None, "null"), ([1, 2.5, True], "[1, 2.5, true]"), ("", ""),
    ("Grüße \ud800", "Grüße \ufffd"),
])
def test_results(run, dosai_server, value, told):
    def give():
        return value

    run(calls(("give", ""), ("give", " \n")), "Thanks.", tools=[give])
    assert [each["content"] for each in dosai_server.requests[1].json["messages"][-2:]] == [told, told]


def test_a_result_that_is_no_json_is_an_error(run, dosai_server):
    run(calls(("give", "")), "Thanks.", tools=[dosai.Tool(lambda: object(), name="give")])
    assert "TypeError: object is not a JSON value" in dosai_server.requests[1].json["messages"][-1]["content"]


def test_a_forced_call_is_forced_once(run, dosai_server):
    for line in CHOICES.read_text().splitlines():
        first, second = map(json.loads, line.split("\t"))
        given = json.loads(line.split("\t")[0])
        run(ASKED, "18.", tool_choice=given)
        assert [request.json["tool_choice"] for request in dosai_server.requests[-2:]] == [first, second]
        assert given == first
    run(ASKED, "18.")
    assert all("tool_choice" not in request.json for request in dosai_server.requests[-2:])


def test_a_shape_of_the_answer(run, dosai_server):
    pydantic = pytest.importorskip("pydantic")

    class Weather(pydantic.BaseModel):
        celsius: int

    _, _, answer = run(ASKED, '{"celsius": 18}', response_format=Weather)
    assert answer.choices[0].message.parsed == Weather(celsius=18)
    with pytest.raises(dosai.APIResponseValidationError):
        run(ASKED, "18 degrees", response_format=Weather)


def test_other_failures_are_those_of_create(run):
    with pytest.raises(dosai.RateLimitError):
        run(ASKED, testing.error(429))
    with pytest.raises(dosai.APIConnectionError):
        run(ASKED, testing.cut("Hello!", after=1))


def test_tools_that_are_only_described(run, dosai_server):
    search = {"type": "web_search"}
    run("Hello.", tools=[search, dosai.Tool(get_weather, name="w", description="d", parameters={"type": "object"})])
    assert dosai_server.requests[0].json["tools"] == [search, {"type": "function", "function": {
        "name": "w", "description": "d", "parameters": {"type": "object"}}}]


def test_what_is_no_tool(options):
    async def slow() -> None: ...

    class Slow:
        async def __call__(self) -> None: ...

    later = dosai.Tool(Slow(), name="later")
    run_tools = dosai.Client(**options).chat.completions.run_tools
    for tools, message in [([lambda: 1], "needs a name"), ([slow], "is asynchronous: use AsyncClient"),
                           ([functools.partial(slow)], "is asynchronous"), ([later], "is asynchronous"),
                           ([get_weather, get_weather], "two functions have the name get_weather"),
                           ([3], "3 is not a function")]:
        with pytest.raises(TypeError, match=message):
            run_tools(model="m", messages=[], tools=tools)
    for tools, kind in [(get_weather, "function"), (dosai.Tool(get_weather), "Tool"), ("get_weather", "str"), ({}, "dict")]:
        with pytest.raises(TypeError, match=f"tools must be a list of functions, not {kind}"):
            run_tools(model="m", messages=[], tools=tools)
    with pytest.raises(TypeError, match="messages must be a list"):
        run_tools(model="m", messages="Hi", tools=[])
    for rounds in (2.5, "3", None):
        with pytest.raises(TypeError, match="max_rounds must be an integer"):
            run_tools(model="m", messages=[], tools=[], max_rounds=rounds)
    run_tools(model="m", messages=[], tools=[], max_rounds=sys.maxsize)


def test_the_loop_after_a_failure_has_no_answer(options, dosai_server):
    dosai_server.reply(ASKED, testing.error(500))
    runner = dosai.Client(**options).chat.completions.run_tools(model="m", messages=QUESTION, tools=[get_weather])
    with pytest.raises(dosai.InternalServerError):
        runner.get_final_text()
    with pytest.raises(dosai.DosaiError, match="ended before the model's answer"):
        runner.get_final_text()
    assert len(runner.messages) == 3 and len(dosai_server.requests) == 2  # a whole round is kept


def test_leaving_the_loop_runs_nothing_more(options, dosai_server):
    ran = []

    def go(n: int) -> None:
        ran.append(n)

    dosai_server.reply(calls(("go", {"n": 1}), ("go", {"n": 2})))
    client = dosai.Client(**options)
    with client.chat.completions.run_tools(model="m", messages=QUESTION, tools=[go]) as runner:
        for step in runner:
            if isinstance(step, dosai.ToolResult):
                break
    assert ran == [1] and list(runner) == [] and runner.messages == QUESTION


@pytest.mark.parametrize("stream", [False, True])
def test_another_thread_stops_a_call(options, dosai_server, stream):
    dosai_server.reply(ASKED, testing.stall("Hello!", after=1))
    runner = dosai.Client(**options).chat.completions.run_tools(
        model="m", messages=QUESTION, tools=[get_weather], stream=stream)
    while not isinstance(next(runner), dosai.ToolResult):
        pass
    timer = threading.Timer(0.2, runner.close)
    timer.start()
    began = time.monotonic()
    with pytest.raises(dosai.APICancelledError):
        runner.get_final_completion()
    assert time.monotonic() - began < 5 + allowance(began)
    timer.join()


def test_a_function_stops_the_loop(options, dosai_server):
    def stop() -> str:
        runner.close()
        return "stopped"

    dosai_server.reply(calls(("stop", {}), ("get_weather", {"location": "x"})))
    runner = dosai.Client(**options).chat.completions.run_tools(
        model="m", messages=QUESTION, tools=[stop, get_weather])
    seen = []
    with pytest.raises(dosai.APICancelledError):
        for step in runner:
            seen.append(step)
    assert [result.content for result in results_of(seen)] == ["stopped"] and len(dosai_server.requests) == 1


# -- asyncio


def run_async(options, main):
    async def within():
        async with dosai.AsyncClient(**options) as client:
            return await asyncio.wait_for(main(client.chat.completions.run_tools), 60)

    return asyncio.run(within())


def test_calls_run_at_the_same_time(options, dosai_server):
    async def meet(name: str) -> str:
        arrived.append(name)
        while len(arrived) < 3:
            await asyncio.sleep(0.001)
        if name == "a":
            await asyncio.sleep(0.05)
        return name

    async def main(run_tools):
        runner = run_tools(model="m", messages=QUESTION, tools=[meet])
        return [step.content async for step in runner if isinstance(step, dosai.ToolResult)], runner.messages

    arrived = []
    dosai_server.reply(calls(*[("meet", {"name": name}) for name in "abc"]), "Done.")
    seen, messages = run_async(options, main)
    assert sorted(seen) == ["a", "b", "c"] and seen[-1] == "a"  # as they were ready
    assert [message["content"] for message in messages[2:5]] == ["a", "b", "c"]  # as they were called


class Slow:
    """A function that is in progress until it is cancelled."""

    def __init__(self):
        self.began, self.ended = 0, []

    async def slow(self, n: int) -> None:
        self.began += 1
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.01)
            self.ended.append(n)


TWO = calls(("slow", {"n": 1}), ("slow", {"n": 2}))


async def until(condition):
    while not condition():
        await asyncio.sleep(0.005)


def test_cancelling_the_task_cancels_the_functions(options, dosai_server):
    slow = Slow()

    async def main(run_tools):
        task = asyncio.ensure_future(run_tools(model="m", messages=QUESTION, tools=[slow.slow]).get_final_text())
        await until(lambda: slow.began == 2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert sorted(slow.ended) == [1, 2]

    dosai_server.reply(TWO)
    run_async(options, main)


@pytest.mark.parametrize("stream", [False, True])
def test_cancelling_the_task_cancels_the_call(options, dosai_server, stream):
    async def main(run_tools):
        runner = run_tools(model="m", messages=QUESTION, tools=[get_weather], stream=stream)
        task = asyncio.ensure_future(runner.get_final_text())
        await until(lambda: len(dosai_server.requests) == 2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert runner._call.is_over

    dosai_server.reply(ASKED, testing.stall("Hello!", after=1))
    run_async(options, main)


def test_close_cancels_the_functions(options, dosai_server):
    slow = Slow()

    async def main(run_tools):
        runner = run_tools(model="m", messages=QUESTION, tools=[slow.slow])
        task = asyncio.ensure_future(runner.get_final_text())
        await until(lambda: slow.began == 2)
        await runner.close()
        assert sorted(slow.ended) == [1, 2]
        with pytest.raises(dosai.APICancelledError):
            await task
        assert [step async for step in runner] == []

    dosai_server.reply(TWO)
    run_async(options, main)


@pytest.mark.parametrize("stream", [False, True])
def test_close_cancels_the_call(options, dosai_server, stream):
    async def main(run_tools):
        runner = run_tools(model="m", messages=QUESTION, tools=[get_weather], stream=stream)
        task = asyncio.ensure_future(runner.get_final_text())
        await until(lambda: len(dosai_server.requests) == 2)
        await runner.close()
        with pytest.raises(dosai.APICancelledError):
            await task

    dosai_server.reply(ASKED, testing.stall("Hello!", after=1))
    run_async(options, main)


def test_leaving_the_loop_cancels_the_functions(options, dosai_server):
    slow = Slow()

    async def main(run_tools):
        async with run_tools(model="m", messages=QUESTION, tools=[slow.slow, get_weather]) as runner:
            async for step in runner:
                if isinstance(step, dosai.ToolResult):
                    assert step.name == "get_weather"
                    break
        assert slow.ended == [1] and runner.messages == QUESTION

    dosai_server.reply(calls(("slow", {"n": 1}), ("get_weather", {"location": "x"})))
    run_async(options, main)


def test_an_error_that_is_raised_cancels_the_other_functions(options, dosai_server):
    slow = Slow()

    async def broken() -> None:
        await until(lambda: slow.began == 1)
        raise LookupError("broken")

    async def main(run_tools):
        with pytest.raises(LookupError, match="broken"):
            await run_tools(model="m", messages=QUESTION, tools=[slow.slow, broken], raise_errors=True).get_final_text()
        assert slow.ended == [1]

    dosai_server.reply(calls(("slow", {"n": 1}), ("broken", {})))
    run_async(options, main)


def test_an_asynchronous_function_stops_the_loop(options, dosai_server):
    async def main(run_tools):
        async def stop() -> str:
            await runner.close()
            return "stopped"

        runner = run_tools(model="m", messages=QUESTION, tools=[stop])
        with pytest.raises(dosai.APICancelledError):
            await runner.get_final_text()
        assert len(dosai_server.requests) == 1

    dosai_server.reply(calls(("stop", {})))
    run_async(options, main)


def test_the_import_does_not_load_it():
    program = "import dosai, sys; dosai.Client('k'); sys.exit(bool({'dosai._tools', 'inspect'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0
