"""What dosai.openai tells of a call beside what openai-python tells."""

import asyncio
import pickle
import time

import pytest
from lateness import allowance, attempt

openai = pytest.importorskip("openai")
import dosai.openai as ours  # noqa: E402

ASK = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}


def client_of(server, script, kind=ours.OpenAI, **options):
    return kind(base_url=server.base(script), api_key="k", **{"max_retries": 0, **options})


def test_of_an_answer(server):
    started = time.monotonic()
    answer = client_of(server, "hello").chat.completions.create(**ASK)
    report = answer._dosai
    assert isinstance(report, ours.Report)
    assert (report.status, report.clock, report.attempts, report.quirks, report.completion) == ("OK", "", 1, (), None)
    times = report.timings
    assert 0 < times["connect"] <= times["first_byte"] <= times["total"] < 5 + allowance(started) and times["first_token"] is None
    assert "_dosai" not in answer.model_dump() and "_dosai" not in repr(answer) and not answer.model_extra
    assert pickle.loads(pickle.dumps(answer)) == answer


def test_of_an_answer_after_a_retry(server):
    client = client_of(server, "fail-then-hello~report", max_retries=2)
    assert client.chat.completions.create(**ASK)._dosai.attempts == 2


def test_of_a_raw_answer(server):
    raw = client_of(server, "hello").chat.completions.with_raw_response.create(**ASK)
    assert raw.http_response.extensions["dosai"].attempts == 1


def test_of_a_stream(server):
    with client_of(server, "hello").chat.completions.create(**ASK, stream=True) as stream:
        next(stream)
        assert stream._dosai.timings["total"] is None or stream._dosai.timings["total"] >= 0
        list(stream)
        report = stream._dosai
    assert report.quirks == () and report.timings["first_token"] > 0
    assert isinstance(report.completion, openai.types.chat.ChatCompletion)
    assert report.completion.choices[0].message.content == "Hello! How can I help you today?"


def test_quirks(server):
    stream = client_of(server, "clean-finish-no-done").chat.completions.create(**ASK, stream=True)
    list(stream)
    assert stream._dosai.quirks == ("DONE_MISSING",)


@pytest.mark.parametrize("face", ["sync", "async"])
def test_of_an_error(server, face):
    async def run():
        async with client_of(server, "stall-mid", ours.AsyncOpenAI, timeout=1.5) as client:
            stream = await client.chat.completions.create(**ASK, stream=True)
            assert stream._dosai.attempts == 1
            return [chunk async for chunk in stream]

    def check():
        with pytest.raises(openai.APITimeoutError) as caught:
            if face == "async":
                asyncio.run(run())
            else:
                list(client_of(server, "stall-mid", timeout=1.5).chat.completions.create(**ASK, stream=True))
        reports.append(caught.value._dosai)
        return [] if reports[-1].clock == "idle" else [reports[-1].clock]  # the first chunk came too late

    reports = []
    assert not attempt(check)
    report = reports[-1]
    assert (report.status, report.clock, report.attempts) == ("TIMEOUT", "idle", 1)
    assert report.completion.choices[0].message.content and report.timings["total"] > 1
    assert isinstance(report.completion, openai.types.chat.ChatCompletion)


def test_of_a_refused_request(server):
    with pytest.raises(openai.InternalServerError) as caught:
        client_of(server, "error-503~report").chat.completions.create(**ASK)
    assert (caught.value._dosai.status, caught.value._dosai.completion) == (caught.value.__cause__.status, None)
