"""A real model, asked through the Python client and through the tool:

    scripts/model-server run -- python3 -m pytest Tests/Model

Each test looks at the shape of what comes, never at the model's words.
"""
import asyncio
import collections
import inspect
import json
import os
import pathlib
import subprocess
import sys
import typing

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOL = ROOT / "build" / "bin" / "dosai"
MODEL = os.environ.get("DOSAI_MODEL", "")
sys.path.insert(0, str(ROOT / "bindings" / "python"))

if not MODEL:
    pytest.skip("no model: run this beside scripts/model-server", allow_module_level=True)

# status: the name of the library's; completion: a dict, with what had arrived on failure; texts: by choice, as it
# streamed, or None; error: message, http_status, code, type
Answer = collections.namedtuple("Answer", "status completion texts error")


class Python:
    """The Python client."""

    def ask(self, request, stream, key=None):
        import dosai

        client = dosai.Client(api_key=key, max_retries=0, timeout=600)
        texts = collections.defaultdict(str) if stream else None
        if isinstance(request["messages"], str):  # which the client refuses itself
            request = {**request, "messages": [], "extra_body": {"messages": request["messages"]}}
        try:
            answer = client.chat.completions.create(**request, stream=stream)
            if stream:
                for chunk in answer:
                    for choice in chunk.choices:
                        texts[choice.index] += choice.delta.content or ""
                answer = answer.get_final_completion()
            return Answer("OK", answer.to_dict(), texts, None)
        except dosai.APIError as error:
            details = {"message": str(error), "http_status": error.status_code, "code": error.code, "type": error.type}
            return Answer(error.status, error.completion and error.completion.to_dict(), texts, details)

    def models(self):
        import dosai

        return [model.id for model in dosai.Client().models.list()]


class Tool:
    """The `dosai` command."""

    def ask(self, request, stream, key=None):
        path = self.folder / "request.json"
        path.write_text(json.dumps(request))
        arguments = ["chat", "--json", "--timeout", "600", "--max-retries", "0", "--request", path]
        done = self.run(*arguments, *([] if stream else ["--no-stream"]), key=key)
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        chunks, end = [line["chunk"] for line in lines[:-1]], lines[-1]
        texts = collections.defaultdict(str) if stream else None
        for chunk in chunks if stream else []:
            texts[chunk["choice"]] += chunk["text"] if chunk["kind"] == "content" else ""
        assert done.returncode == (0 if end["status"] == "OK" else 1), done.stderr
        assert end["attempts"] == 1 and end["timings"]["total_ms"] > 0
        return Answer(end["status"], end["completion"], texts, end["error"])

    def models(self):
        done = self.run("models")
        assert done.returncode == 0, done.stderr
        return done.stdout.split()

    def run(self, *arguments, key=None):
        environment = dict(os.environ, DOSAI_API_KEY=key or os.environ["DOSAI_API_KEY"])
        return subprocess.run([TOOL, *arguments], env=environment, capture_output=True, text=True, timeout=900)


@pytest.fixture(params=[Python, Tool], ids=["python", "tool"])
def face(request, tmp_path):
    face = request.param()
    face.folder = tmp_path
    return face


@pytest.fixture(params=[False, True], ids=["whole", "stream"])
def ask(request, face):
    """Asks for an answer that must come, and gives its completion."""

    def call(messages, **parameters):
        if isinstance(messages, str):
            messages = [{"role": "user", "content": messages}]
        defaults = {"model": MODEL, "messages": messages, "temperature": 0, "seed": 1, "max_tokens": 60}
        answer = face.ask({**defaults, **parameters}, request.param)
        assert answer.status == "OK" and answer.error is None
        for choice in answer.completion["choices"] if request.param else []:
            assert answer.texts[choice["index"]] == (choice["message"].get("content") or "")
        return answer.completion

    return call


def only_choice(completion):
    assert completion["object"].startswith("chat.completion")
    assert completion["model"] == MODEL and completion["id"]
    (choice,) = completion["choices"]
    assert choice["index"] == 0 and choice["message"]["role"] == "assistant"
    return choice


def test_chat(ask):
    choice = only_choice(ask([{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Who are you?"}]))
    assert choice["message"]["content"] and choice["finish_reason"] in ("stop", "length")


def test_length(ask):
    assert only_choice(ask("Count from 1 to 100.", max_tokens=5))["finish_reason"] == "length"


def test_a_conversation_and_content_parts(ask):
    parts = [{"type": "text", "text": "And of "}, {"type": "text", "text": "Grüße, 東京, \U0001f600\0?"}]
    messages = [{"role": "user", "content": "What is the capital of France?"},
                {"role": "assistant", "content": "Paris."}, {"role": "user", "content": parts}]
    assert only_choice(ask(messages))["message"]["content"]


def test_usage(ask):
    usage = ask("Hi.", max_tokens=5, stream_options={"include_usage": True})["usage"]
    assert usage["prompt_tokens"] > 0 and usage["completion_tokens"] == 5
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]


WEATHER = {"type": "function", "function": {
    "name": "get_weather", "description": "Get the current weather for a location.",
    "parameters": {"type": "object", "required": ["location"], "properties": {
        "location": {"type": "string", "description": "City name, e.g. San Francisco, CA"}}}}}


def test_tools(ask):
    messages = [{"role": "user", "content": "What is the weather in Tokyo?"}]
    choice = only_choice(ask(messages, tools=[WEATHER], tool_choice="required"))
    assert choice["finish_reason"] == "tool_calls"
    calls = choice["message"]["tool_calls"]
    assert calls and all(call["type"] == "function" and call["id"] for call in calls)
    for call in calls:
        assert call["function"]["name"] == "get_weather"
        assert isinstance(json.loads(call["function"]["arguments"])["location"], str)
    results = [{"role": "tool", "tool_call_id": call["id"], "content": '{"celsius": 21}'} for call in calls]
    last = only_choice(ask(messages + [choice["message"]] + results, tools=[WEATHER], tool_choice="none"))
    assert last["message"]["content"] and not last["message"].get("tool_calls")


def test_json_mode(ask):
    choice = only_choice(ask("Describe a cat in JSON.", response_format={"type": "json_object"}))
    text = choice["message"]["content"]
    assert text.lstrip().startswith("{")
    if choice["finish_reason"] == "stop":
        assert isinstance(json.loads(text), dict)


def test_json_schema(ask):
    schema = {"type": "object", "required": ["kind", "legs"], "additionalProperties": False,
              "properties": {"kind": {"enum": ["cat", "dog"]}, "legs": {"type": "integer", "minimum": 0, "maximum": 9}}}
    form = {"type": "json_schema", "json_schema": {"name": "animal", "strict": True, "schema": schema}}
    choice = only_choice(ask("Describe a cat.", response_format=form))
    assert choice["finish_reason"] == "stop"
    animal = json.loads(choice["message"]["content"])
    assert set(animal) == {"kind", "legs"} and animal["kind"] in ("cat", "dog") and animal["legs"] in range(10)


def client_of(is_async):
    import dosai

    return (dosai.AsyncClient if is_async else dosai.Client)(timeout=600)


async def settled(value):
    return await value if inspect.isawaitable(value) else value


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_parse(stream, is_async):
    pydantic = pytest.importorskip("pydantic")
    import dosai

    class Animal(pydantic.BaseModel):
        kind: typing.Literal["cat", "dog"]
        legs: typing.Annotated[int, pydantic.Field(ge=0, le=9)]
        owner: typing.Optional[str] = pydantic.Field(default=None, max_length=10)

    async def parse(**more):
        answer = await settled(client_of(is_async).chat.completions.parse(
            model=MODEL, messages=[{"role": "user", "content": "Describe a cat."}], temperature=0,
            response_format=Animal, stream=stream, **more))
        return await settled(answer.get_final_completion()) if stream else answer

    message = asyncio.run(parse()).choices[0].message
    assert isinstance(message.parsed, Animal) and set(json.loads(message.content)) == {"kind", "legs", "owner"}
    with pytest.raises(dosai.LengthFinishReasonError):
        asyncio.run(parse(max_tokens=3))


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_run_tools(stream, is_async):
    """The first call is forced, and its grammar is the schema; what a small model does then is its own affair."""
    import dosai

    seen = []

    def get_weather(location: typing.Annotated[str, "City name, e.g. San Francisco, CA"]) -> dict:
        """Get the current weather for a location."""
        seen.append(location)
        return {"celsius": 21}

    async def run():
        runner = client_of(is_async).chat.completions.run_tools(
            model=MODEL, messages=[{"role": "user", "content": "What is the weather in Tokyo?"}], tools=[get_weather],
            tool_choice="required", max_rounds=3, temperature=0, max_tokens=60, stream=stream)
        try:
            answer = await settled(runner.get_final_completion())
        except (dosai.MaxRoundsError, dosai.LengthFinishReasonError) as error:
            answer = error.completion
        return runner, answer

    runner, answer = asyncio.run(run())
    assert runner.completions[0].choices[0].message.tool_calls and runner.completions[-1] is answer
    assert seen and all(isinstance(location, str) for location in seen)
    assert '{"celsius": 21}' in [message["content"] for message in runner.messages if isinstance(message, dict)]


def test_two_choices(ask):
    choices = ask("Tell me a story.", n=2, temperature=1, max_tokens=20)["choices"]
    assert [choice["index"] for choice in choices] == [0, 1]
    assert all(choice["message"]["content"] and choice["finish_reason"] for choice in choices)


@pytest.mark.parametrize("stop", ["e", ["e", "a"]])
def test_stop(ask, stop):
    choice = only_choice(ask("Tell me a story.", stop=stop))
    assert choice["finish_reason"] == "stop"
    assert not set(stop) & set(choice["message"]["content"] or "")


def test_logprobs(ask):
    choice = only_choice(ask("Hi.", logprobs=True, top_logprobs=2, max_tokens=4))
    assert choice["logprobs"]["content"]
    for token in choice["logprobs"]["content"]:
        assert token["logprob"] <= 0 and len(token["top_logprobs"]) == 2


def test_logprobs_of_chunks():
    import dosai

    stream = dosai.Client().chat.completions.create(
        model=MODEL, messages=[{"role": "user", "content": "Hi."}], logprobs=True, max_tokens=4, stream=True)
    choices = [choice for chunk in stream for choice in chunk.choices]
    tokens = [token for choice in choices if choice.logprobs for token in choice.logprobs.content]
    assert len(tokens) == 4 and all(token.logprob <= 0 and isinstance(token.token, str) for token in tokens)


FAILURES = {
    "wrong key": ({}, "sk-wrong", "AUTHENTICATION", 401),
    "messages are no list": ({"messages": "Hi"}, None, "BAD_REQUEST", 400),
    "a temperature that is no number": ({"temperature": "hot"}, None, "BAD_REQUEST", 400),
    "too many choices": ({"n": 99}, None, "BAD_REQUEST", 400),
    "too long a prompt": ({"messages": [{"role": "user", "content": "word " * 5000}]}, None, "BAD_REQUEST", 400),
}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("failure", FAILURES)
def test_failures(face, failure, stream):
    parameters, key, status, http_status = FAILURES[failure]
    request = {"model": MODEL, "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 5, **parameters}
    answer = face.ask(request, stream, key)
    assert (answer.status, answer.error["http_status"]) == (status, http_status)
    assert answer.error["message"] and answer.error["code"] == str(http_status) and answer.completion is None


def test_models(face):
    assert MODEL in face.models()
