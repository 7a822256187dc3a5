import pickle

import dosai
import pytest

STATUSES = [
    ("error-400", dosai.BadRequestError, "BAD_REQUEST", 400),
    ("error-401", dosai.AuthenticationError, "AUTHENTICATION", 401),
    ("error-402", dosai.APIStatusError, "INSUFFICIENT_CREDITS", 402),
    ("error-403", dosai.PermissionDeniedError, "PERMISSION", 403),
    ("error-404", dosai.NotFoundError, "NOT_FOUND", 404),
    ("error-409", dosai.ConflictError, "BAD_REQUEST", 409),
    ("error-422", dosai.UnprocessableEntityError, "BAD_REQUEST", 422),
    ("error-429", dosai.RateLimitError, "RATE_LIMITED", 429),
    ("error-quota", dosai.RateLimitError, "INSUFFICIENT_CREDITS", 429),
    ("error-500", dosai.InternalServerError, "SERVER", 500),
    ("error-503", dosai.InternalServerError, "UNAVAILABLE", 503),
]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("script, kind, status, status_code", STATUSES)
def test_statuses(ask, script, kind, status, status_code, stream):
    with pytest.raises(dosai.APIStatusError) as caught:
        ask(script, stream=stream)
    error = caught.value
    assert type(error) is kind
    assert (error.status, error.status_code, error.request_id, len(error.attempts)) == (status, status_code, "req-1", 1)
    assert isinstance(error, dosai.APIError) and error.completion is None


def test_details(ask):
    with pytest.raises(dosai.BadRequestError) as caught:
        ask("error-400")
    error = caught.value
    assert (error.code, error.type, error.param) == ("invalid_value", "invalid_request_error", "temperature")
    assert error.body["message"] == "Invalid request parameters."
    assert "Invalid request parameters." in str(error)
    assert error.retry_after is None
    assert error.__cause__ is None and error.__context__ is None


def test_retry_after(ask):
    with pytest.raises(dosai.RateLimitError) as caught:
        ask("error-429")
    assert caught.value.retry_after == 3 and caught.value.is_retryable


def test_a_body_that_is_no_json(ask):
    with pytest.raises(dosai.InternalServerError) as caught:
        ask("error-html")
    assert caught.value.body == "<html><body>Bad Gateway</body></html>"


def test_lone_surrogates_in_an_error(server, ask):
    server.put("bad-surrogate", {"status": 400, "text": '{"error": {"message": "a\\ud800b", "\\udc00": ["\\ud800"]}}'})
    with pytest.raises(dosai.BadRequestError) as caught:
        ask("bad-surrogate")
    assert caught.value.body == {"message": "a\ufffdb", "\ufffd": ["\ufffd"]}


def test_errors_can_be_pickled(ask):
    with pytest.raises(dosai.NotFoundError) as caught:
        ask("error-404")
    copy = pickle.loads(pickle.dumps(caught.value))
    assert type(copy) is dosai.NotFoundError and copy.status_code == 404 and str(copy) == str(caught.value)


def test_the_key_is_nowhere(ask):
    with pytest.raises(dosai.AuthenticationError) as caught:
        ask("error-key", client_options={"api_key": "sk-canary-1234567890"})
    assert "canary" not in repr(vars(caught.value)) + str(caught.value)


def test_connection(server):
    client = dosai.Client(base_url=server.refused + "/v1", max_retries=0)
    with pytest.raises(dosai.APIConnectionError) as caught:
        client.models.list()
    assert (caught.value.status, caught.value.status_code) == ("CONNECTION", None)


def test_certificate(server, client):
    path = server.base("hello", "tls")
    with pytest.raises(dosai.APIConnectionError) as caught:
        dosai.Client(base_url=path, max_retries=0).get("/x")
    assert caught.value.status == "TLS"
    assert dosai.Client(base_url=path, ca_file=server.ca).chat.completions.create(model="m", messages=[]).choices


def test_timeout(ask):
    with pytest.raises(dosai.APITimeoutError) as caught:
        ask("silent", timeout=0.2)
    assert isinstance(caught.value, dosai.APIConnectionError) and caught.value.clock in ("first token", "total")


def test_no_answer(ask):
    with pytest.raises(dosai.APIResponseValidationError):
        ask("whole-cut-json")
    with pytest.raises(dosai.APIConnectionError):
        ask("whole-short")


def test_retries(server, client):
    assert client("fail-then-hello~py", max_retries=1).chat.completions.create(model="m", messages=[]).choices
    assert server.stats("fail-then-hello~py")["requests"] == 2


@pytest.mark.parametrize("options", [
    {"api_key": "a\nb"}, {"base_url": "ftp://x"}, {"api_key": "a\0b"}, {"default_headers": {"X": "a\r\nb"}},
    {"timeout": 0}, {"timeout": -1},
])
def test_bad_options(options):
    with pytest.raises(ValueError):
        dosai.Client(**options).chat.completions.create(model="m", messages=[])


def test_unknown_options():
    with pytest.raises(TypeError):
        dosai.Client(nonsense=1)


def test_the_body_of_a_response(ask, client):
    with pytest.raises(dosai.APIStatusError) as caught:
        ask("error-503")
    response = caught.value.response
    assert response.json()["error"] == caught.value.body and response.text.startswith("{")
    raw = client("hello").chat.completions.with_raw_response.create(model="m", messages=[{"role": "user", "content": "Hi"}])
    assert raw.json() == raw.parse().to_dict() and raw.text == dosai.raw_json(raw.parse())
    with pytest.raises(dosai.APIStatusError) as caught:
        ask("error-html")
    with pytest.raises(ValueError):
        caught.value.response.json()
