import gc
import json
import threading
import time

import dosai
import pytest
from lateness import allowance, attempt, wait_until


def text_of(stream):
    return "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)


@pytest.mark.parametrize("script", ["hello", "hello.cut1", "hello.cut7"])
def test_text(ask, script):
    assert text_of(ask(script, stream=True)) == "Hello! How can I help you today?"


def test_chunks_are_the_servers(server, ask):
    events = [
        {"id": "1", "choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}], "more": [1]},
        {"id": "2", "choices": [{"index": 0, "delta": {"content": "a\0é", "extra": {"x": 1}}, "finish_reason": None}]},
        {"id": "3", "choices": [{"index": 1, "delta": {"content": "b"}, "logprobs": {"content": []}}], "usage": None},
        {"id": "4", "choices": [{"index": 0, "delta": {"content": "c"}}, {"index": 1, "delta": {"content": "d"}}]},
        {"id": "5", "choices": [{"index": i, "delta": {}, "finish_reason": "stop"} for i in (0, 1)]},
        {"id": "6", "choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}},
    ]
    server.put("chunks", {"events": events})
    chunks = list(ask("chunks", stream=True))
    assert [chunk.to_dict() for chunk in chunks] == events
    assert chunks[1].choices[0].delta.extra == {"x": 1}
    assert chunks[2].choices[0].logprobs.content == []
    assert [choice.delta.content for choice in chunks[3].choices] == ["c", "d"]
    assert chunks[4].choices[1].finish_reason == "stop"
    assert chunks[5].usage.total_tokens == 3


def test_an_index_that_comes_twice_in_an_event(server, ask):
    choices = [{"index": 0, "delta": {"content": text, "more": text}} for text in "ab"]
    server.put("twice-in-one", {"events": [{"id": "1", "choices": choices}, {"id": "2", "choices": [
        {"index": 0, "delta": {"content": "c"}, "finish_reason": "stop"}]}]})
    stream = ask("twice-in-one", stream=True)
    chunks = list(stream)
    assert [choice.delta.content for chunk in chunks for choice in chunk.choices] == ["ab", None, "c"]
    assert [choice.delta.more for choice in chunks[0].choices] == ["a", "b"]
    assert stream.get_final_text() == "abc"


def test_chunks_outlive_the_stream(ask):
    chunks = list(ask("hello", stream=True))
    gc.collect()
    assert {chunk.object for chunk in chunks} == {"chat.completion.chunk"}
    assert chunks[1].choices[0].finish_reason is None and chunks[1].usage is None


def test_tool_calls(ask):
    names, arguments = {}, {}
    for chunk in ask("rich", stream=True):
        for choice in chunk.choices:
            for call in choice.delta.tool_calls or []:
                names[call.index] = names.get(call.index, "") + (call.function.name or "")
                arguments[call.index] = arguments.get(call.index, "") + (call.function.arguments or "")
    assert names == {0: "get_weather", 1: "get_time"}
    assert {index: json.loads(text) for index, text in arguments.items()} == {0: {"location": "Tokyo"}, 1: {}}


TOOL_CALLS = [
    [{"index": 0, "function": {"arguments": '{"id":"\\"name\\""'}}], [{"index": 1, "function": {"arguments": "é\0"}}],
    [{"index": 0, "function": {"arguments": "1", "more": [2]}, "extra": {"x": 1}}], [{"function": {"arguments": "1"}}],
    [{"index": 0, "id": "", "function": {"arguments": "1"}}], [{"index": 0, "type": "function", "function": {"arguments": "1"}}],
    [{"index": 0, "function": {"name": "", "arguments": "1"}}], [{"index": 0, "id": "a", "function": {"name": "f", "arguments": ""}}],
    [{"index": 0, "function": {"arguments": "1"}}, {"index": 1, "function": {"arguments": "2"}}], [{"index": 0, "function": {}}],
]
DELTAS = [{}, {"content": None}, {"content": ""}, {"content": "text"}, {"role": "assistant"}, {"refusal": None}, {"more": "x"}]


@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")])
def test_a_chunk_of_a_tool_call_is_the_servers(server, ask, separators):
    events = [{"id": "1", "choices": [{"index": 0, "delta": {**delta, "tool_calls": calls}, **more}]}
              for delta in DELTAS for calls in TOOL_CALLS for more in ({}, {"finish_reason": None})]
    lines = [json.dumps(event, separators=separators) for event in events]
    server.put("calls", {"events": [*lines, json.dumps({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})]})
    for asks_first in (False, True):
        *chunks, _ = ask("calls", stream=True)
        assert len(chunks) == len(events)
        for chunk, event in zip(chunks, events):
            if asks_first:
                same_as(chunk.choices[0].delta, event["choices"][0]["delta"])
                assert chunk.id == "1" and chunk.usage is None and chunk.choices[0].finish_reason is None
            given = chunk.to_dict()
            given_calls = given["choices"][0]["delta"]["tool_calls"]
            for call, was in zip(given_calls, event["choices"][0]["delta"]["tool_calls"]):
                assert isinstance(call.pop("index"), int)
                was = {name: value for name, value in was.items() if name != "index"}
                assert call == was
            assert len(given_calls) == len(event["choices"][0]["delta"]["tool_calls"])
            del given["choices"][0]["delta"]["tool_calls"]
            expected = json.loads(json.dumps(event))
            del expected["choices"][0]["delta"]["tool_calls"]
            assert given == expected


def same_as(delta, event):
    assert (delta.content, delta.role, delta.refusal) == (event.get("content"), event.get("role"), event.get("refusal"))
    assert len(delta.tool_calls) == len(event["tool_calls"])
    for call, was in zip(delta.tool_calls, event["tool_calls"]):
        assert (call.id, call.type) == (was.get("id"), was.get("type"))
        assert (call.function.name, call.function.arguments) == (was["function"].get("name"), was["function"].get("arguments"))


def test_choices_that_say_nothing_are_there(server, ask):
    events = [
        {"choices": [{"index": 0, "delta": {}}, {"index": 1, "delta": {"content": "x"}}]},
        {"choices": [{"index": 0, "delta": {"content": "x"}}, {"index": 1, "delta": {"content": ""}}]},
        {"choices": [{"index": i, "delta": {}, "finish_reason": "stop"} for i in (0, 1)]},
    ]
    server.put("two", {"events": events})
    chunks = list(ask("two", stream=True))
    assert [[choice.index for choice in chunk.choices] for chunk in chunks] == [[0, 1], [0, 1], [0, 1]]
    assert [chunk.to_dict() for chunk in chunks] == events


def test_what_the_server_leaves_out(server, ask):
    server.put("sloppy", {"events": [
        {}, {"choices": None}, {"choices": [{"delta": None}]}, {"choices": [{"index": -1, "delta": {"content": "a"}}]},
        {"choices": [{"delta": {"content": [{"type": "text", "text": "b"}]}}]},
        {"choices": [{"delta": {"tool_calls": [{"id": "x", "function": {"name": "f", "arguments": {"y": 1}}}]}}]},
        {"choices": [{"delta": {}, "finish_reason": "tool_calls"}]},
    ]})
    chunks = list(ask("sloppy", stream=True))
    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == "ab"
    calls = [call for c in chunks for choice in c.choices for call in choice.delta.tool_calls or []]
    assert calls[0].index == 0 and json.loads(calls[0].function.arguments) == {"y": 1}


def test_a_whole_answer(server, ask):
    server.put("whole", {"json": {"choices": [{"index": 0, "message": {"content": "all"}, "finish_reason": "stop"}]}})
    assert text_of(ask("whole", stream=True)) == "all"


def test_final_completion(ask):
    with ask("rich", stream=True) as stream:
        completion = stream.get_final_completion()
    assert isinstance(completion.choices[0].message.tool_calls[1].function.name, str)
    assert completion.usage.total_tokens == 21


def test_the_end_stays_the_end(ask):
    stream = ask("hello", stream=True)
    list(stream)
    assert list(stream) == []
    stream.close()
    stream.close()
    assert list(stream) == []


@pytest.mark.parametrize("script, kind", [
    ("mid-fin-chunked", dosai.APIConnectionError),
    ("clean-no-done", dosai.APIConnectionError),
    ("mid-rst", dosai.APIConnectionError),
    ("mid-error", dosai.APIError),
    ("mid-error-text", dosai.APIError),
    ("mid-error-event", dosai.APIError),
    ("mid-garbage", dosai.APIResponseValidationError),
])
def test_a_failure_is_told_each_time_with_what_had_arrived(ask, script, kind):
    stream = ask(script, stream=True)
    assert next(stream).choices[0].delta.content == "Hello"
    for _ in range(2):
        with pytest.raises(kind) as caught:
            next(stream)
        assert caught.value.completion.choices[0].message.content == "Hello"


def test_idle_timeout(ask):
    def check():
        with pytest.raises(dosai.APITimeoutError) as caught:
            list(ask("silent-chunk", stream=True, timeout=0.3))
        return [] if caught.value.clock == "idle" else [caught.value.clock]  # the first chunk came too late

    assert not attempt(check, 10)


def test_idle_timeout_in_another_thread(ask):
    def check():
        errors = []

        def read():
            try:
                list(ask("chunk-comments", stream=True, timeout=0.3))
            except dosai.APITimeoutError as error:
                errors.append(error.clock)

        thread = threading.Thread(target=read)
        thread.start()
        thread.join(60)
        return [] if errors == ["idle"] else [errors]

    assert not attempt(check, 10)


def test_leaving_the_block_closes_the_connection(server, ask):
    with ask("endless~closed", stream=True) as stream:
        next(stream)
    wait_until(lambda: server.stats("endless~closed")["ended"] == 1)


def test_forgetting_a_stream_closes_the_connection(server, ask):
    next(ask("endless~forgotten", stream=True))
    gc.collect()
    wait_until(lambda: server.stats("endless~forgotten")["ended"] == 1)


def test_a_stream_outlives_its_client(client):
    stream = client("paced").chat.completions.create(model="m", messages=[], stream=True)
    gc.collect()
    assert text_of(stream) == "abcdefghijklmnopqrst"


def test_close_from_another_thread(server, ask):
    stream = ask("silent-chunk~closed", stream=True)
    next(stream)
    timer = threading.Timer(0.2, stream.close)
    timer.start()
    started = time.monotonic()
    with pytest.raises(dosai.APICancelledError) as kept:
        next(stream)
    assert time.monotonic() - started < 1 + allowance(started)
    wait_until(lambda: server.stats("silent-chunk~closed")["ended"] == 1)
    assert kept.value.completion.choices[0].message.content == "Hello"


def test_a_stream_that_was_closed_does_not_end_like_a_whole_one(ask):
    """Whoever closes it, and whether its reader waits then or not."""
    stream = ask("paced", stream=True)
    next(stream)
    stream.close()
    for read in (next, list, dosai.Stream.get_final_text):
        with pytest.raises(dosai.APICancelledError, match="closed before its end"):
            read(stream)
    assert stream.close() is None


def test_two_threads_do_not_share_a_stream(ask):
    stream, ended = ask("silent-chunk", stream=True), []
    next(stream)

    def read():
        try:
            next(stream)
        except dosai.DosaiError as error:
            ended.append(error.status)

    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    wait_until(lambda: ended)
    assert ended == ["BUSY"]
    stream.close()
    for thread in threads:
        thread.join(60)
    assert ended == ["BUSY", "CANCELLED"]


def test_threads_share_a_client(client):
    shared, wrong = client("fast"), []

    def work():
        for _ in range(10):
            if text_of(shared.chat.completions.create(model="m", messages=[], stream=True)) != "abcdefghijklmnopqrst":
                wrong.append(1)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not wrong and not any(thread.is_alive() for thread in threads)


def test_streams_in_a_row_are_one_connection(server, client):
    shared = client("fast~row")
    for _ in range(20):
        assert text_of(shared.chat.completions.create(model="m", messages=[], stream=True))
    assert server.stats("fast~row")["connections"] == 1
