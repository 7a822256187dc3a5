import itertools
import json
import threading

import dosai
import pytest
from dosai import _models


def sent(server, script):
    return json.loads(server.stats(script)["last_body"])


def test_answer(ask):
    completion = ask("hello")
    assert completion.object == "chat.completion"
    assert completion.choices[0].message.role == "assistant"
    assert completion.choices[0].message.content == "Hello! How can I help you today?"
    assert completion.choices[0].finish_reason == "stop"
    assert completion.usage.total_tokens == completion.usage.prompt_tokens + completion.usage.completion_tokens
    assert completion._request_id == "req-1"


def test_absent_fields_are_none_and_others_do_not_exist(ask):
    message = ask("hello").choices[0].message
    assert message.tool_calls is None
    assert not hasattr(message, "nonsense")


def test_unknown_fields_are_attributes(ask):
    message = ask("rich").choices[0].message
    assert message.reasoning_content == "Let me think."
    assert message.x_unknown == {"deep": [1, 2.5, None]}
    assert message.tool_calls[0].function.name == "get_weather"
    assert "\0" in message.content


def test_to_dict_is_what_the_server_sent(server, client):
    answer = {"choices": [{"index": 0, "message": {"content": None, "more": {"a": [{}]}}}], "big": 10**23, "none": None}
    server.put("to-dict", {"json": answer})
    assert client("to-dict").chat.completions.create(model="m", messages=[]).to_dict() == answer


def test_dumps_in_part(ask):
    completion, chunk = ask("rich"), next(ask("hello", stream=True))
    assert list(completion.model_dump(include={"id", "usage"})) == ["id", "usage"]
    assert "choices" not in completion.model_dump(exclude=["choices"], by_alias=True)
    assert json.loads(completion.model_dump_json(include={"id"})) == {"id": completion.id}
    assert completion.choices[0].message.model_extra["reasoning_content"] == "Let me think."
    assert chunk.model_extra == {} and chunk.model_fields_set == set(chunk.to_dict()) > {"id", "choices"}
    for wrong in ("id", {"id": True}):
        with pytest.raises(TypeError, match="names of fields must be a set or a list"):
            completion.model_dump(include=wrong)


@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_that_was_kept(ask, stream):
    answer = next(ask("hello", stream=True)) if stream else ask("rich")
    again = type(answer).model_validate(answer.model_dump())
    assert again == answer == type(answer).model_validate_json(answer.model_dump_json())
    assert type(again.choices[0]) is type(answer.choices[0]) and type(answer).model_validate(answer) is answer
    with pytest.raises(TypeError, match="is made of a dict, not list"):
        type(answer).model_validate([])


def test_the_text_of_an_answer_needs_no_parsing(ask, monkeypatch):
    monkeypatch.setattr("dosai._json.decode", None)
    completion = ask("hello")
    assert completion.choices[0].message.content == "Hello! How can I help you today?"
    assert completion.choices[0].index == 0
    monkeypatch.undo()
    assert completion.choices[0].message.role == "assistant" and completion.object == "chat.completion"


@pytest.mark.parametrize("stream", [False, True])
def test_two_threads_read_one_answer(ask, monkeypatch, stream):
    """One reads a field while the other parses the answer."""
    answer = list(ask("hello", stream=True))[1] if stream else ask("hello")
    wrap, read = _models.wrap, []

    def slow(kind, value):
        if not read:
            read.append(None)
            thread = threading.Thread(target=lambda: read.append((answer.id, answer.created, answer.usage)))
            thread.start()
            thread.join()
        return wrap(kind, value)

    monkeypatch.setattr(_models, "wrap", slow)
    own = answer.id, answer.created, answer.usage
    assert read[1] == own and own[0] and answer.choices[0] is answer.choices[0]
    assert stream or read[1][2] is own[2] is answer.usage


MESSAGES = [{"content": "text"}, {"content": ""}, {"content": "a\0b"}, {"content": None}, {},
            {"content": "text", "tool_calls": [], "more": [1]}]


@pytest.mark.parametrize("reads_first", [False, True])
def test_answers_are_the_servers(server, ask, reads_first):
    choices = [[{"index": 0, "message": message, "finish_reason": "stop"}] for message in MESSAGES]
    choices += [[], [{"index": 3, "message": {"content": "d"}}]]
    for given in choices:
        answer = {"id": "1", "choices": given, "usage": {"total_tokens": 1}}
        server.put("answers", {"json": answer})
        completion = ask("answers")
        if reads_first:
            assert completion.usage.total_tokens == 1
            for choice, was in zip(completion.choices, given):
                assert choice.finish_reason == was.get("finish_reason")
                if was.get("message") is not None:
                    assert choice.message.content == was["message"].get("content")
        assert completion.to_dict() == answer


TWO = [{"index": 0, "message": {"content": "a"}, "finish_reason": "stop"}, {"index": 1, "message": {"content": "b"}, "finish_reason": "stop"}]
ONE = TWO[0]
USAGE = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
UNUSUAL = [  # choices and usage as the server sent them, and as they are read
    (TWO[::-1], None, TWO, None),
    ([{"message": {"content": "a"}, "finish_reason": "stop"}], None, [ONE], None),
    ([{**ONE, "message": {"content": [{"type": "thinking", "thinking": "h"}, {"type": "text", "text": "a"}]}}], None,
     [{**ONE, "message": {"content": "a", "reasoning_content": "h"}}], None),
    ([{**ONE, "message": {"tool_calls": [{"id": "1", "function": {"name": "f", "arguments": {"b": 1}}}]}}], None,
     [{**ONE, "message": {"tool_calls": [{"id": "1", "function": {"name": "f", "arguments": '{"b": 1}'}}]}}], None),
    ([ONE], {"x_groq": {"usage": USAGE}}, [ONE], USAGE),
]


@pytest.mark.parametrize("sent, more, choices, usage", UNUSUAL)
def test_an_unusual_answer_is_read_as_the_library_reads_it(server, ask, sent, more, choices, usage):
    answer = {"id": "1", "choices": sent, **(more or {})}
    server.put("unusual", {"json": answer})
    completion = ask("unusual")
    assert json.loads(dosai.raw_json(completion)) == answer
    assert completion.to_dict() == {**answer, "choices": choices, **({"usage": usage} if usage else {})}


def test_raw_json_has_the_servers_numbers(server, ask):
    text = '{"id":"1","x":0.70,"choices":[{"index":0,"message":{"content":"a"},"finish_reason":"stop"}]}'
    event = '{"id":"1","x":0.70,"choices":[{"index":0,"delta":{"content":"a"}}]}'
    last = '{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"x":1.0}'
    server.put("raw", {"text": text, "headers": {"Content-Type": "application/json"}})
    server.put("raw-stream", {"events": [event, last]})
    assert dosai.raw_json(ask("raw")) == text
    chunks = list(ask("raw-stream", stream=True))
    assert list(map(dosai.raw_json, chunks)) == [event, last] and dosai.raw_json(type(chunks[0])._of({})) is None


def test_attempts(server, ask, client):
    """Of an answer, of a stream and of an error: each request, and the wait after it."""
    def attempts(owner):
        return [(one.status, one.status_code, one.delay > 0) for one in owner.attempts]

    busy = {"status": 503, "json": {}, "headers": {"retry-after-ms": "1"}}
    answers = {False: {"json": {"choices": [ONE]}}, True: {"events": [json.dumps({"choices": [{**ONE, "delta": {}}]})]}}
    for stream, answer in answers.items():
        count = itertools.count()
        server.put("twice", lambda request: answer if next(count) else busy)
        raw = client("twice", max_retries=1).chat.completions.with_raw_response.create(
            model="m", messages=[{"role": "user", "content": "Hi"}], stream=stream)
        if stream:
            for _ in raw.parse():
                pass
            raw = raw.parse().response
        assert attempts(raw) == [("UNAVAILABLE", 503, True), ("OK", 200, False)]
        assert raw.timings["total"] > 0 and isinstance(raw.quirks, tuple)
    with pytest.raises(dosai.APIError) as caught:
        ask("error-503")
    assert attempts(caught.value) == [("UNAVAILABLE", 503, False)]


def test_parameters_are_sent_as_they_are(server, ask):
    ask("echo~parameters", temperature=0.7, stop=["a"], seed=1, unknown={"é": None}, n=dosai.NOT_GIVEN,
        extra_body={"top_k": 3})
    assert server.stats("echo~parameters")["last_body"] == (
        '{"model": "m", "messages": [{"role": "user", "content": "Hi"}], "temperature": 0.7, "stop": ["a"], '
        '"seed": 1, "unknown": {"é": null}, "top_k": 3}')


@pytest.mark.parametrize("text, arrives", [
    ("a\0b", "a\0b"), ("\ud800", "\ufffd"), ("\ud83d\ude00", "\U0001f600"), ("é\u2028\x7f\"\\", "é\u2028\x7f\"\\"),
])
def test_text(server, ask, text, arrives):
    completion = ask("echo~text", messages=[{"role": "user", "content": text}])
    assert sent(server, "echo~text")["messages"][0]["content"] == arrives
    assert json.loads(completion.choices[0].message.content)["messages"][0]["content"] == arrives


def test_lone_surrogates_of_the_server(server, ask):
    server.put("surrogates", {"text": '{"choices": [{"message": {"content": "a\\ud800b \\ud83d\\ude00"}}]}'})
    assert ask("surrogates").choices[0].message.content == "a\ufffdb \U0001f600"


def test_messages_go_back(server, client):
    chat = client("rich~back").chat.completions
    message = chat.create(model="m", messages=[]).choices[0].message
    result = {"role": "tool", "tool_call_id": message.tool_calls[0].id, "content": "sunny"}
    chat.create(model="m", messages=[{"role": "user", "content": "Weather?"}, message, result])
    assert sent(server, "rich~back")["messages"][1:] == [message.to_dict(), result]


def test_what_is_no_json_is_refused(ask):
    with pytest.raises(TypeError):
        ask("hello", tools=[object()])
    with pytest.raises(ValueError):
        ask("hello", temperature=float("nan"))


def test_models(client):
    page = client("models").models.list()
    assert [model.id for model in page] == [model.id for model in page.data] == ["dos-ai"]


def test_post_and_get(server, client):
    answer = client("echo~post").post("/embeddings", {"input": "é"})
    assert (answer["method"], answer["path"]) == ("POST", "/s/echo~post/v1/embeddings")
    assert json.loads(answer["body"]) == {"input": "é"}
    assert client("echo~post").get("/models/x")["method"] == "GET"


def test_extra_headers(server, client):
    client("echo~headers", default_headers={"X-One": "1", "X-Two": "2"}).chat.completions.create(
        model="m", messages=[], extra_headers={"X-Two": "3"})
    headers = {name.lower(): value for name, value in server.stats("echo~headers")["last_headers"]}
    assert (headers["x-one"], headers["x-two"], headers["authorization"]) == ("1", "3", "Bearer sk-test")


def test_a_client_is_closed(client):
    with client("hello") as shared:
        shared.chat.completions.create(model="m", messages=[])
    with pytest.raises(dosai.DosaiError):
        shared.chat.completions.create(model="m", messages=[])
