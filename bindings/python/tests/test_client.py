"""What the client adds to the calls: options, timeouts, retries, headers, and objects that outlive them."""

import asyncio
import copy
import json
import pickle
import threading
import time
import weakref
from unittest import mock

import dosai
import pytest
import scripts
from lateness import allowance

HI = [{"role": "user", "content": "Hi"}]


def create(client, **arguments):
    return client.chat.completions.create(model="m", messages=HI, **arguments)


def headers_sent(server, script):
    return {name.lower(): value for name, value in server.stats(script)["last_headers"]}


def test_with_options_shares_the_connections(server, client):
    base = client("hello~shared")
    create(base)
    create(base.with_options(timeout=5, max_retries=1, default_headers={"X-One": "1"}))
    create(base.with_options(timeout=dosai.Timeout(total=5)).with_options(max_retries=0))
    assert server.stats("hello~shared")["connections"] == 1


def test_with_options_leaves_the_client_as_it_was(server, client):
    base = client("hello~base", default_headers={"X-One": "1"})
    other = base.with_options(default_headers={"x-one": "2", "X-Two": "2"})
    create(other)
    assert (headers_sent(server, "hello~base")["x-one"], headers_sent(server, "hello~base")["x-two"]) == ("2", "2")
    create(base)
    assert headers_sent(server, "hello~base")["x-one"] == "1" and "x-two" not in headers_sent(server, "hello~base")


def test_with_options_of_another_server_and_key(server, client):
    base = client("hello~first", default_headers={"X-One": "1"}, api_key="sk-first")
    create(base.with_options(base_url=server.base("hello~second"), api_key="sk-second"))
    assert server.stats("hello~first")["requests"] == 0
    sent = headers_sent(server, "hello~second")
    assert (sent["authorization"], sent["x-one"]) == ("Bearer sk-second", "1")
    with pytest.raises(TypeError):
        base.with_options(nonsense=1)


@pytest.mark.parametrize("kind", [dosai.Client, dosai.AsyncClient])
def test_parts_are_the_same_each_time(kind):
    client = kind("k", "http://127.0.0.1:9/v1")
    assert client.chat.completions is client.chat.completions and client.models is client.models
    with mock.patch.object(client.chat.completions, "create", mock.Mock(return_value="mine")):
        assert client.chat.completions.create(model="m", messages=[]) == "mine"
    with mock.patch.object(client, "chat", mock.Mock()):
        client.chat.completions.create.return_value = "mine"
        assert client.chat.completions.create() == "mine"
    other = client.with_options(timeout=5)
    assert other.chat is not client.chat and other.chat.completions is other.chat.completions


def test_parts_outlive_the_client_and_do_not_keep_it(client):
    base = client("hello")
    completions, gone = base.chat.completions, weakref.ref(base)
    del base
    assert gone() is None
    assert completions.create(model="m", messages=HI).choices


def test_what_is_set_is_used(server, client):
    base = client("hello~before", default_headers={"X-One": "1"})
    completions, copied = base.chat.completions, base.with_options(timeout=5)
    base.api_key, base.base_url, base.max_retries = "sk-new", server.base("hello~set"), 1
    base.timeout = dosai.Timeout(total=60)
    assert (base.api_key, base.base_url, base.max_retries) == ("sk-new", server.base("hello~set"), 1)
    assert completions.create(model="m", messages=HI).choices
    sent = headers_sent(server, "hello~set")
    assert (sent["authorization"], sent["x-one"]) == ("Bearer sk-new", "1")
    create(copied)
    assert headers_sent(server, "hello~before")["authorization"] == "Bearer sk-test"
    with pytest.raises(TypeError):
        base.api_key = 5
    with pytest.raises(ValueError):
        base.timeout = 0
    assert base.api_key == "sk-new" and create(base).choices
    base.close()
    base.api_key = "sk-newer"
    assert base.is_closed()
    with pytest.raises(dosai.DosaiError, match="closed"):
        create(base)


def test_with_options_outlives_its_client(client):
    base = client("hello")
    other = base.with_options(timeout=5)
    base.close()
    assert create(other).choices


def test_retries_of_a_call(server, client):
    base = client("fail-then-hello~retries", max_retries=0)
    assert create(base.with_options(max_retries=1)).choices
    assert server.stats("fail-then-hello~retries")["requests"] == 2
    with pytest.raises(dosai.InternalServerError):
        create(client("error-503~none", max_retries=3).with_options(max_retries=0))
    assert server.stats("error-503~none")["requests"] == 1


@pytest.mark.parametrize("timeout, script, clock", [
    (dosai.Timeout(idle=0.2), "silent-chunk", "idle"),
    (dosai.Timeout(first_token=0.2), "silent-headers", "first token"),
    (dosai.Timeout(total=0.3), "endless", "total"),
    (dosai.Timeout(total=0.3, idle=None), "silent-chunk", "total"),
])
def test_clocks(client, timeout, script, clock):
    for shared, arguments in ((client(script), {"timeout": timeout}), (client(script, timeout=timeout), {})):
        with pytest.raises(dosai.APITimeoutError) as caught:
            list(create(shared, stream=True, **arguments))
        assert caught.value.clock == clock


def test_a_clock_that_does_not_connect(server):
    client = dosai.Client(base_url=server.address["stall"].replace("http:", "https:") + "/v1", max_retries=0)
    with pytest.raises(dosai.APITimeoutError) as caught:
        create(client, timeout=dosai.Timeout(connect=0.2))
    assert caught.value.clock == "connect"


@pytest.mark.parametrize("wrong", [0, -1, float("nan")])
def test_wrong_timeouts(wrong):
    for make in (lambda: dosai.Timeout(idle=wrong), lambda: dosai.Client(timeout=wrong)):
        with pytest.raises(ValueError):
            make()


def test_raw_response(client):
    for stream in (False, True):
        raw = client("hello").chat.completions.with_raw_response.create(model="m", messages=HI, stream=stream)
        assert (raw.status_code, raw.request_id) == (200, "req-1")
        assert raw.headers["X-RateLimit-Remaining-Tokens"] == "1000" == raw.headers.get("x-ratelimit-remaining-tokens")
        assert raw.headers.get("x-none") is None and "x-none" not in raw.headers
        with pytest.raises(KeyError):
            raw.headers["x-none"]
        answer = raw.parse()
        assert (answer.get_final_completion() if stream else answer).choices[0].message.content.startswith("Hello!")


def test_headers_of_an_error_and_of_a_stream(client):
    with pytest.raises(dosai.RateLimitError) as caught:
        create(client("error-429"))
    assert caught.value.response.status_code == 429 and caught.value.response.headers["retry-after"] == "3"
    for other in (pickle.loads(pickle.dumps(caught.value)), copy.deepcopy(caught.value)):
        assert other.response.status_code == 429 and other.response.headers["Retry-After"] == "3"
        assert other.response.headers.multi_items() == caught.value.response.headers.multi_items()
    assert create(client("hello"), stream=True).response.headers["x-request-id"] == "req-1"
    with pytest.raises(dosai.APIStatusError) as caught:
        create(client("redirect"))
    assert caught.value.response.headers["Location"] == "/s/hello/v1/chat/completions"


def test_an_error_has_no_answer_where_none_came(server):
    with pytest.raises(dosai.APIConnectionError) as caught:
        create(dosai.Client(base_url=server.refused + "/v1", max_retries=0))
    assert caught.value.response is None


def asked_of(call):
    """What a call asked for, of its error and its response."""
    with pytest.raises(dosai.APIError) as caught:
        call()
    error = pickle.loads(pickle.dumps(caught.value))
    assert error.response is None or repr(error.response.request) == repr(error.request)
    return error.request.method, error.request.url


def test_responses_and_errors_say_what_was_asked(server, client):
    refused, chat = client("error-429"), server.base("error-429") + "/chat/completions"
    for stream in (False, True):
        assert asked_of(lambda: create(refused, stream=stream)) == ("POST", chat)
        raw = client("hello").chat.completions.with_raw_response.create(model="m", messages=HI, stream=stream)
        assert repr(raw.request) == f"Request('POST', '{server.base('hello')}/chat/completions')"
    answer = create(client("hello"), stream=True)
    assert answer.response.request.url == server.base("hello") + "/chat/completions"
    assert asked_of(lambda: refused.get("models")) == ("GET", server.base("error-429") + "/models")
    assert asked_of(lambda: refused.post("/events", {}, stream=True)) == ("POST", server.base("error-429") + "/events")
    query = refused.with_options(base_url=server.base("error-429") + "/?a=1", default_query={"b": "2 3"})
    assert asked_of(lambda: query.get("/models?c=4"))[1] == server.base("error-429") + "/models?c=4&a=1&b=2+3"
    nowhere = dosai.Client(base_url=server.refused + "/v1", max_retries=0)
    assert asked_of(lambda: create(nowhere)) == ("POST", server.refused + "/v1/chat/completions")
    with pytest.raises(dosai.APIConnectionError) as caught:
        nowhere.warm()  # which asks for nothing
    assert caught.value.request is None
    with pytest.raises(TypeError):
        refused.get(5)


def test_a_query_of_a_call(server):
    base = dosai.Client("k", server.base("echo~extra") + "?a=1", default_query={"b": 2})
    for query, path in (({"c": 3}, "?a=1&b=2&c=3"), ({"b": 4}, "?a=1&b=4"), (None, "?a=1&b=2"), ({"c": 3}, "?a=1&b=2&c=3")):
        create(base, extra_query=query)
        assert server.stats("echo~extra")["last_path"].endswith("/chat/completions" + path)
    assert len(list(create(dosai.Client("k", server.base("fast")), extra_query={"c": 3}, stream=True))) > 10
    for stream in (False, True):
        raw = base.chat.completions.with_raw_response.create(model="m", messages=HI, stream=stream, extra_query={"c": 3})
        assert raw.request.url.endswith("/chat/completions?a=1&b=2&c=3")
        if stream:
            raw.parse().get_final_completion()  # which gives its connection back
    connections = server.stats("echo~extra")["connections"]
    for _ in range(5):
        create(base, extra_query={"c": 3})
    assert server.stats("echo~extra")["connections"] == connections
    base.timeout = 0.2
    base.base_url = server.base("silent")
    with pytest.raises(dosai.APITimeoutError):
        create(base, extra_query={"c": 3})
    with pytest.raises(TypeError, match="extra_query must be a dict, not int"):
        create(base, extra_query=5)
    for number in range(40):
        base._with_query({"n": number})
    assert len(base._of_queries) == 16
    base.close()
    assert not base._of_queries  # nor their connections
    with pytest.raises(dosai.DosaiError, match="closed"):
        create(base, extra_query={"c": 3})


def test_what_was_given_can_be_read(server):
    base = dosai.Client("k", server.base("echo~given"), organization="o", default_headers={"A": "1"}, default_query={"q": 2})
    assert (base.organization, base.project, base.default_headers, base.default_query) == ("o", None, {"A": "1"}, {"q": 2})
    base.project = "p"
    base.post("/x", {})
    assert headers_sent(server, "echo~given")["openai-project"] == "p"
    for name in ("default_headers", "default_query"):
        with pytest.raises(AttributeError):
            setattr(base, name, {})
        for wrong in (5, ["a"]):
            with pytest.raises(TypeError, match=f"must be a dict, not {type(wrong).__name__}"):
                dosai.Client("k", server.base("echo"), **{name: wrong})


def test_a_query_of_the_base_url_and_of_a_path(server, client):
    answer = dosai.Client(base_url=server.base("echo~query") + "?api-version=1").post("/x", {})
    assert answer["path"] == "/s/echo~query/v1/x?api-version=1"


def test_a_default_query(server):
    given = {"b": "x y", "c": None, "d": [1, 2]}
    base = dosai.Client("k", server.base("echo~default") + "?a=1", default_query=given)
    assert base.post("/x", {})["path"] == "/s/echo~default/v1/x?a=1&b=x+y&d=1&d=2"
    assert base.with_options(default_query={"b": 3}).post("/x", {})["path"].endswith("?a=1&b=3&d=1&d=2")
    assert base.with_options(api_key="n").post("/x", {})["path"].endswith("?a=1&b=x+y&d=1&d=2")
    assert base.base_url == server.base("echo~default") + "?a=1"
    create(base)
    assert server.stats("echo~default")["last_path"].endswith("/chat/completions?a=1&b=x+y&d=1&d=2")
    other = dosai.Client("k", server.base("echo~default"), default_query={"a": True, "b": [False, 1.5], "c": ""})
    assert other.post("/x", {})["path"].endswith("?a=true&b=false&b=1.5&c=")
    for value in ({"x": 1}, [{"x": 1}]):
        with pytest.raises(TypeError, match="'q' in a query must be a text, a number or a list of them"):
            dosai.Client("k", default_query={"q": value})


def test_one_model(server, client):
    base = client("echo~model")
    assert base.models.retrieve("org/name:1 b?").path == "/s/echo~model/v1/models/org/name:1%20b%3F"
    with pytest.raises(ValueError):
        base.models.retrieve("")


def test_a_list_without_what_is_documented(server):
    server.put("bare-list", {"json": {"data": [{"id": "m"}]}})

    async def main():
        async with dosai.AsyncClient("k", server.base("bare-list")) as client:
            return await client.models.list()
    for page in (dosai.Client("k", server.base("bare-list")).models.list(), asyncio.run(main())):
        assert page.object is None and [model.id for model in page] == ["m"] and page.model_extra == {}


def test_text_as_it_adds_up(client):
    with create(client("fast"), stream=True) as stream:
        for _ in range(4):
            next(stream)
        assert stream.current_completion_snapshot.choices[0].message.content == "abc"
        assert stream.get_final_text() == "abcdefghijklmnopqrst"
    assert stream.get_final_completion().choices[0].finish_reason == "stop"  # it had ended: it is still there


def test_a_stream_that_was_closed_before_its_end(client):
    with create(client("endless"), stream=True) as stream:
        next(stream)
    with pytest.raises(dosai.DosaiError) as caught:
        stream.get_final_completion()
    assert caught.value.status == "CANCELLED"


def test_objects_are_copied_and_pickled(client):
    completion = create(client("rich"))
    chunks = list(create(client("rich"), stream=True)) + list(create(client("hello"), stream=True))
    for thing in (completion, *chunks):
        for other in (copy.deepcopy(thing), copy.copy(thing), pickle.loads(pickle.dumps(thing))):
            assert other == thing and other.to_dict() == thing.to_dict() and type(other) is type(thing)


def test_what_has_a_handle_is_not_copied(client):
    with create(client("hello"), stream=True) as stream, mock.patch("sys.unraisablehook") as ignored:
        for thing in (stream, stream.response, dosai.Decoder()):
            with pytest.raises(TypeError, match="copied"):
                copy.deepcopy(thing)
        ignored.assert_not_called()


def test_json_of_objects(server, client):
    answer = {"id": "é", "choices": [{"index": 0, "message": {"content": None, "x": [{"y": None}]}}]}
    server.put("dump", {"json": answer})
    completion = create(client("dump"))
    assert completion.model_dump() == completion.to_dict() == answer
    assert completion.model_dump(exclude_none=True)["choices"][0]["message"] == {"x": [{}]}
    assert completion.model_dump_json() == json.dumps(answer, ensure_ascii=False, separators=(",", ":"))
    assert completion.model_dump_json(exclude_none=True, indent=1) == json.dumps(
        completion.model_dump(exclude_none=True), ensure_ascii=False, indent=1)
    assert json.loads(completion.to_json()) == answer and "\n" in completion.to_json()


@pytest.mark.parametrize("stream", [False, True])
def test_nested_as_deep_as_can_be(client, stream):
    made = create(client("deepest"), stream=stream)
    answers = list(made) if stream else [made]
    answer = answers[0]
    part = answer.choices[0].delta if stream else answer.choices[0].message
    assert part.content == "Hello" and part.tool_calls[0].function.name == "f"
    assert json.loads(answer.to_json()) == answer.to_dict()
    assert answer.model_dump(exclude_none=True).pop("t") == answer.t and "[[[" in repr(answer)


@pytest.mark.parametrize("script, error", [("deepest-list", dosai.APIResponseValidationError),
                                           ("deepest-error", dosai.APIError), ("deepest-400", dosai.BadRequestError)])
def test_errors_nested_as_deep_as_can_be(client, script, error):
    with pytest.raises(error):
        create(client(script))


def test_surrogates_in_what_is_nested_as_deep_as_can_be(server, client):
    server.put("deep-surrogate", {"text": '{"choices":[],"x":%s"\\ud800"%s}' % ("[" * 500, "]" * 500)})
    assert str(create(client("deep-surrogate")).x).count("\ufffd") == 1


def test_fields_of_any_name(server, client):
    answer = {"choices": [], "to_dict": 1, "model_dump": 2, "__class__": 3, "_fields": 4, "self": 5, "": 6}
    server.put("names", {"json": answer})
    completion = create(client("names"))
    assert dosai.ChatCompletion.to_dict(completion) == answer and copy.copy(completion) == completion
    with pytest.raises(AttributeError, match="no attribute 'other'"):
        completion.other


def test_names_people_import():
    assert dosai.OpenAI is dosai.Client and issubclass(dosai.APIError, dosai.OpenAIError)
    assert dosai.RateLimitError.__module__ == "dosai"
    assert all(hasattr(dosai, name) for name in dosai.__all__)


def test_other_threads_run_while_a_call_waits(client, server):
    turns, stop = 0, threading.Event()

    def reply(request):
        enough = turns + 50
        while turns < enough:
            time.sleep(0.001)
        return scripts.say("Hello")(request)

    def turn():
        nonlocal turns
        while not stop.is_set():
            turns += 1
            time.sleep(0.001)

    thread = threading.Thread(target=turn)
    thread.start()
    try:
        server.put("turns", reply)
        for stream in (False, True):
            create(client("turns"), stream=stream, timeout=60)
    finally:
        stop.set()
        thread.join()


def test_calls_in_threads_at_once(client):
    shared, failures = client("slow"), []

    def work():
        try:
            create(shared)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(10)]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failures and time.monotonic() - started < 2 + allowance(started)  # ten answers that take 300 ms each


def test_a_client_goes_with_its_last_user(client):
    shared = client("hello")
    create(shared)
    gone = weakref.ref(shared)
    del shared
    assert gone() is None  # by its count, without the garbage collector


def test_connections_that_are_opened_ahead(client, server):
    warmed = client("hello~warm")
    warmed.warm(3)
    warmed.warm(connections=2, timeout=5)
    assert server.stats("hello~warm")["requests"] == 0
    create(warmed)
    assert server.stats("hello~warm")["requests"] == 1
    with pytest.raises(dosai.InvalidArgumentError, match="between 1 and 64"):
        warmed.warm(0)
    with pytest.raises(dosai.APIConnectionError):
        dosai.Client(base_url="http://127.0.0.1:1/v1", max_retries=0).warm()


def test_where_openai_python_has_its_classes(client, monkeypatch):
    from dosai.resources.chat import completions

    monkeypatch.setattr("dosai.resources.chat.completions.Completions.create", lambda self, **more: "patched")
    assert isinstance(client("hello").chat.completions, completions.Completions)
    assert client("hello").chat.completions.create(model="m", messages=[]) == "patched"
    assert dosai.resources.chat.completions.AsyncCompletions.__name__ == "AsyncCompletions"


@pytest.mark.parametrize("name", ["AzureOpenAI", "beta"])
def test_a_name_of_openai_python_that_is_not_there(name):
    with pytest.raises(AttributeError, match=f"{name}': dosai.openai has all names of openai-python"):
        getattr(dosai, name)


def test_all_headers(client):
    def check(headers):
        assert dict(headers) == dict(headers.items()) == dict(zip(headers.keys(), headers.values()))
        assert headers["content-type"] == headers["Content-Type"] and "x-request-id" in list(headers)
        assert len(headers) == len(list(headers)) and "'x-request-id': " in repr(headers) and 5 not in headers
        return headers

    raw = client("hello").chat.completions.with_raw_response.create(model="m", messages=[])
    assert check(raw.headers)["x-request-id"] == raw.request_id
    with pytest.raises(dosai.APIStatusError) as caught:
        client("error-429").chat.completions.create(model="m", messages=[])
    assert check(caught.value.response.headers)["x-request-id"] == caught.value.request_id
    assert dict(check(pickle.loads(pickle.dumps(raw.headers)))) == dict(raw.headers)
