"""Answers of a shape: parse(), with pydantic, whole and streamed, of Client and AsyncClient."""

import asyncio
import subprocess
import sys
from typing import Annotated, List, Optional, Union

import dosai
import pytest
from dosai import testing

pydantic = pytest.importorskip("pydantic")
PARIS = '{"name": "Paris", "mayor": null}'


class City(pydantic.BaseModel):
    name: str
    mayor: Optional[str] = None


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def parse(request, dosai_server):
    """Calls parse(), and reads a stream to its end."""
    arguments = {"base_url": dosai_server.base_url, "api_key": "k", "max_retries": 0}

    def call(**more):
        answer = dosai.Client(**arguments).chat.completions.parse(**more)
        return answer.get_final_completion() if more["stream"] else answer

    async def call_async(**more):
        answer = await dosai.AsyncClient(**arguments).chat.completions.parse(**more)
        return await answer.get_final_completion() if more["stream"] else answer

    def either(reply, stream, response_format=City, tools=dosai.NOT_GIVEN):
        dosai_server.reply(reply)
        more = {"model": "m", "messages": [], "response_format": response_format, "stream": stream, "tools": tools}
        return asyncio.run(call_async(**more)) if request.param else call(**more)

    return either


both = pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])


@both
def test_a_model(dosai_server, parse, stream):
    answer = parse(testing.completion(PARIS[:9], PARIS[9:]), stream)
    message = answer.choices[0].message
    assert message.parsed == City(name="Paris") and message.content == PARIS
    assert "parsed" not in answer.to_dict()["choices"][0]["message"]
    assert dosai_server.requests[0].json["response_format"] == {"type": "json_schema", "json_schema": {
        "name": "City", "strict": True, "schema": {
            "title": "City", "type": "object", "required": ["name", "mayor"], "additionalProperties": False,
            "properties": {"name": {"title": "Name", "type": "string"},
                           "mayor": {"title": "Mayor", "anyOf": [{"type": "string"}, {"type": "null"}]}}}}}


@both
def test_each_choice(parse, stream):
    answer = parse(testing.completion(testing.choice(PARIS), testing.choice('{"name": "Rome"}')), stream)
    assert [choice.message.parsed.name for choice in answer.choices] == ["Paris", "Rome"]


@both
@pytest.mark.parametrize("reason, kind", [("length", dosai.LengthFinishReasonError),
                                          ("content_filter", dosai.ContentFilterFinishReasonError)])
def test_an_answer_that_was_stopped(parse, stream, reason, kind):
    with pytest.raises(kind) as caught:
        parse(testing.completion(PARIS, finish_reason=reason), stream)  # even if it looks whole
    assert caught.value.completion.choices[0].message.content == PARIS
    assert not isinstance(caught.value, dosai.APIError)


@both
def test_a_refusal(parse, stream):
    with pytest.raises(dosai.RefusalError, match="^I will not.$") as caught:
        parse(testing.completion(refusal="I will not."), stream)
    assert caught.value.completion.choices[0].message.refusal == "I will not."


@both
@pytest.mark.parametrize("text", ["", "Paris", '{"name": 3}', PARIS[:-1]])
def test_an_answer_of_another_shape(parse, stream, text):
    with pytest.raises(dosai.APIResponseValidationError, match="the answer does not fit City") as caught:
        parse(testing.completion(text), stream)
    assert isinstance(caught.value.__cause__, pydantic.ValidationError)
    assert caught.value.completion.choices[0].finish_reason == "stop"


@pytest.mark.parametrize("reason, kind", [("length", dosai.LengthFinishReasonError),
                                          ("content_filter", dosai.ContentFilterFinishReasonError)])
def test_an_answer_that_was_stopped_before_its_message(parse, reason, kind):
    with pytest.raises(kind):
        parse(testing.answer({"object": "chat.completion", "choices": [{"index": 0, "finish_reason": reason}]}), False)


def replied(message):
    return testing.answer({"object": "chat.completion", "choices": [
        {"index": 0, "message": message, "finish_reason": "stop"}]})


@pytest.mark.parametrize("message", [None, "Paris", ["Paris"], {"content": PARIS, "tool_calls": "f"}])
def test_a_message_that_is_none(parse, message):
    with pytest.raises(dosai.APIResponseValidationError, match="the message of the answer cannot be read") as caught:
        parse(replied(message), False)
    assert caught.value.completion.choices[0].finish_reason == "stop"


@pytest.mark.parametrize("call", [None, "f", {}, {"function": "f"}, {"function": {"name": ["f"]}}])
def test_a_tool_call_that_is_none(parse, call):
    tools = [dosai.pydantic_function_tool(City)]
    assert parse(replied({"content": PARIS, "tool_calls": [call]}), False, tools=tools).choices[0].message.parsed


@both
def test_tool_calls_instead(parse, stream):
    message = parse(testing.completion(tool_calls=[testing.tool_call("f", {})]), stream).choices[0].message
    assert message.parsed is None and message.tool_calls[0].function.name == "f"
    message = parse(testing.completion("", tool_calls=[testing.tool_call("f", {})]), stream).choices[0].message
    assert message.parsed is None and message.content == "" and message.tool_calls


@both
def test_other_failures_are_those_of_create(parse, stream):
    with pytest.raises(dosai.RateLimitError):
        parse(testing.error(429), stream)
    with pytest.raises(dosai.APIConnectionError):
        parse(testing.cut(testing.completion(PARIS[:9], PARIS[9:]), after=1), stream)


def test_chunks_are_those_of_create(dosai_server):
    dosai_server.reply(testing.completion(PARIS[:9], PARIS[9:]))
    client = dosai.Client(base_url=dosai_server.base_url, api_key="k")
    with client.chat.completions.parse(model="m", messages=[], response_format=City, stream=True) as stream:
        assert "".join(chunk.choices[0].delta.content or "" for chunk in stream) == PARIS
        assert stream.get_final_completion().choices[0].message.parsed.name == "Paris"


class Node(pydantic.BaseModel):
    default: int = 3  # fields with the names of keywords
    properties: List[str] = []
    children: List["Node"]


class Outer(pydantic.BaseModel):
    city: City = pydantic.Field(description="Where it is.")
    either: Union[Node, int]
    pairs: Annotated[dict, pydantic.Field(json_schema_extra={"additionalProperties": {"type": "integer"}})]


def test_schemas(parse, dosai_server):
    parse('{"children": [{"children": []}]}', False, Node)
    form = dosai_server.requests[-1].json["response_format"]["json_schema"]["schema"]
    assert form["type"] == "object" and form["$defs"]["Node"]["additionalProperties"] is False
    assert form["required"] == ["default", "properties", "children"] == list(form["properties"])
    assert form["properties"]["default"] == {"title": "Default", "type": "integer"}
    assert form["properties"]["children"]["items"] == {"$ref": "#/$defs/Node"}
    parse('{"city": %s, "either": 1, "pairs": {}}' % PARIS, False, Outer)
    form = dosai_server.requests[-1].json["response_format"]["json_schema"]["schema"]
    assert form["properties"]["city"] == {"anyOf": [{"$ref": "#/$defs/City"}], "description": "Where it is."}
    assert form["properties"]["pairs"]["additionalProperties"] == {"type": "integer"}
    assert form["$defs"]["City"]["required"] == ["name", "mayor"]


def test_the_schema_is_that_of_openai_python(dosai_server):
    openai = pytest.importorskip("openai")
    for kind in (dosai.Client, openai.OpenAI):
        dosai_server.reply(PARIS)
        client = kind(base_url=dosai_server.base_url, api_key="k")
        assert client.chat.completions.parse(
            model="m", messages=[], response_format=City).choices[0].message.parsed == City(name="Paris")
    ours, theirs = (request.json["response_format"] for request in dosai_server.requests)
    assert ours == theirs


def test_names(parse, dosai_server):
    parse(PARIS, False, type("Stadt größer " + "x" * 64, (City,), {}))
    assert dosai_server.requests[-1].json["response_format"]["json_schema"]["name"] == "Stadt_gr__er_" + "x" * 51


@pytest.mark.parametrize("model", [dict, City(name="x"), {"type": "json_object"}])
def test_what_is_no_model(dosai_server, model):
    client = dosai.Client(base_url=dosai_server.base_url, api_key="k")
    with pytest.raises(TypeError, match="pydantic 2"):
        client.chat.completions.parse(model="m", messages=[], response_format=model)
    assert not dosai_server.requests


# ---- tools whose arguments are a model


class Move(pydantic.BaseModel):
    """Moves to a city."""

    city: City
    days: int


MOVE = '{"city": %s, "days": 2}' % PARIS
PLAIN = {"type": "function", "function": {"name": "plain", "parameters": {"type": "object"}}}
STRICT = {"type": "function", "function": {"name": "strict", "strict": True, "parameters": {"type": "object"}}}


@pytest.fixture(params=[dosai, "openai"], ids=["dosai", "openai"])
def library(request):
    """dosai, and as the control openai-python."""
    return pytest.importorskip("openai") if request.param == "openai" else dosai


def ask(library, server, reply, **more):
    server.reply(reply)
    client = library.OpenAI(base_url=server.base_url, api_key="k", max_retries=0)
    return client.chat.completions.parse(model="m", messages=[], **more)


def test_arguments_of_a_model(library, dosai_server):
    calls = [testing.tool_call("Move", MOVE), testing.tool_call("plain", "{}"), testing.tool_call("strict", '{"a": 1}')]
    given = [library.pydantic_function_tool(Move), STRICT, *([PLAIN] if library is dosai else [])]  # openai-python refuses it
    is_old = library is not dosai and library.VERSION.startswith("2.")
    tools = given if is_old else (each for each in given)  # openai-python 2 reads it twice
    answer = ask(library, dosai_server, testing.completion(tool_calls=calls), tools=tools)
    read = [call.function.parsed_arguments for call in answer.choices[0].message.tool_calls]
    assert read == [Move(city=City(name="Paris"), days=2), None, {"a": 1}]
    assert dosai_server.requests[0].json["tools"][0]["function"]["description"] == "Moves to a city."
    named = library.pydantic_function_tool(City, name="town", description="A town.")["function"]
    assert (named["name"], named["description"], named["strict"]) == ("town", "A town.", True)
    if library is dosai:
        assert "parsed_arguments" not in str(answer.to_dict())
        openai = pytest.importorskip("openai")
        assert dosai.pydantic_function_tool(Move) == openai.pydantic_function_tool(Move)


@both
def test_arguments_that_do_not_fit(dosai_server, parse, stream):
    reply = testing.completion(tool_calls=[testing.tool_call("Move", PARIS)])
    tools = [dosai.pydantic_function_tool(Move)]
    with pytest.raises(dosai.APIResponseValidationError, match="^the arguments of Move do not fit Move: ") as caught:
        parse(reply, stream, None, tools)
    assert caught.value.completion.choices[0].message.tool_calls[0].function.arguments == PARIS


@both
def test_an_answer_beside_tools(parse, stream):
    message = parse(testing.completion(PARIS), stream, City, [dosai.pydantic_function_tool(Move)]).choices[0].message
    assert message.parsed == City(name="Paris") and message.tool_calls is None


def test_the_events_of_a_call(library, dosai_server):
    dosai_server.reply(testing.completion(tool_calls=[testing.tool_call("Move", MOVE)]))
    client = library.OpenAI(base_url=dosai_server.base_url, api_key="k")
    with client.chat.completions.stream(
        model="m", messages=[], tools=[library.pydantic_function_tool(Move)]
    ) as stream:
        done = [event for event in stream if event.type == "tool_calls.function.arguments.done"]
        final = stream.get_final_completion().choices[0].message.tool_calls[0].function
    assert [event.parsed_arguments for event in done] == [final.parsed_arguments] == [Move(city=City(name="Paris"), days=2)]


@pytest.mark.parametrize("tools, raises", [([PLAIN], False), ([STRICT], True)])
def test_a_stream_that_was_cut_short_is_an_error_only_if_it_is_read(dosai_server, tools, raises):
    dosai_server.reply(testing.completion("Once", finish_reason="length"))
    client = dosai.Client(base_url=dosai_server.base_url, api_key="k")
    with client.chat.completions.stream(model="m", messages=[], tools=tools) as stream:
        if raises:
            with pytest.raises(dosai.LengthFinishReasonError):
                stream.get_final_completion()
        else:
            assert stream.get_final_completion().choices[0].finish_reason == "length"


def test_a_call_without_arguments(dosai_server):
    call = {"id": "c", "type": "function", "function": {"name": "strict"}}
    message = {"role": "assistant", "tool_calls": [call]}
    dosai_server.reply({"json": {"choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}]}})
    client = dosai.Client(base_url=dosai_server.base_url, api_key="k")
    answer = client.chat.completions.parse(model="m", messages=[], tools=[STRICT])
    assert answer.choices[0].message.tool_calls[0].function.parsed_arguments is None


def test_what_is_no_model_of_a_tool():
    with pytest.raises(TypeError, match="class of pydantic 2"):
        dosai.pydantic_function_tool({"type": "object"})


def test_pydantic_is_not_imported():
    program = "import dosai, sys; dosai.Client('k'); dosai.AsyncClient('k'); sys.exit('pydantic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0
