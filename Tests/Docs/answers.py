"""What the loopback server says to the programs of the documents, beside its own scripts."""
import json

from scripts import USAGE, completion, say, tool, wants_stream

CITY = '{"name": "Paris", "country": "France", "is_capital": true}'
CALL = {"id": "call_1", "type": "function", "name": "get_weather", "arguments": '{"location": "Tokyo"}'}


def weather(request):
    """Calls the tool that it was given, and answers once it has the result."""
    body = json.loads(request.body)
    if body["messages"][-1]["role"] == "tool" or not body.get("tools"):
        return say("It rains a little in Tokyo, ", "at 18 degrees.")(request)
    if wants_stream(request):
        from scripts import chunk
        call = dict(CALL)
        rest = call.pop("arguments")
        return {"events": [chunk({"role": "assistant", "content": None, "tool_calls": [tool(0, arguments="", **call)]}),
                           chunk({"tool_calls": [tool(0, arguments=rest[:12])]}),
                           chunk({"tool_calls": [tool(0, arguments=rest[12:])]}),
                           chunk(finish="tool_calls", usage=USAGE)]}
    call = {"id": CALL["id"], "type": "function", "function": {key: CALL[key] for key in ("name", "arguments")}}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    return {"json": completion(choices=[{"index": 0, "message": message, "finish_reason": "tool_calls"}])}


def json_mode(request):
    """Keeps to the format only where it was asked for one."""
    asked = "response_format" in json.loads(request.body)
    return say(*([CITY[:20], CITY[20:]] if asked else ["Paris is a city."]))(request)


def azure(request):
    """Answers only what is sent as Azure wants it."""
    good = request.header("api-key") and "?api-version=" in request.path and not request.header("authorization")
    return say("Hello from Azure.")(request) if good else {"status": 401, "json": {"message": "Access denied."}}


def embeddings(request):
    return {"json": {"object": "list", "data": [{"index": 0, "embedding": [0.25, -0.5]}], "model": "e"}}


def length(request):
    answer = completion("A long story that was cut")
    answer["choices"][0]["finish_reason"] = "length"
    return {"json": answer}


ANSWERS = {"weather": weather, "json": json_mode, "azure": azure, "embeddings": embeddings, "length": length}
