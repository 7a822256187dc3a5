"""What servers send, and what must come of it: the language of the cases. The cases are in corpus_*.py.

A case says by which section of docs/design.md it is as it is ("7", "9", "11"; "assembly" and "report" are parts of 7).
"""
import json

WORDS = {"stop": "stop", "length": "length", "tool_calls": "tool_calls", "function_call": "tool_calls",
         "content_filter": "content_filter"}
CASES = []
DROP = object()  # a member that is not there
SAME = object()  # as it was sent


class Case:
    def __init__(self, id, law, body, **more):
        assert all(case.id != id for case in CASES), id
        self.id, self.law, self.body = id, law, body if isinstance(body, bytes) else body.encode()
        self.http, self.headers, self.framing, self.events, self.getters = 200, {}, "length", None, {}
        self.__dict__.update(more)
        CASES.append(self)


# ---- what a server sends

def ev(delta=None, finish=None, index=0, choice={}, **top):
    """An event of one choice. DROP leaves a member out."""
    one = {"index": index, "delta": {} if delta is None else delta, "finish_reason": finish, **choice}
    return event(choices=[{key: value for key, value in one.items() if value is not DROP}], **top)


def event(**top):
    whole = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m", **top}
    return {key: value for key, value in whole.items() if value is not DROP}


def say(content, **more):
    return ev({"content": content, **more})


def fin(word="stop", **more):
    return ev({}, word, **more)


def tool(*calls, **delta):
    return ev({**delta, "tool_calls": list(calls)})


def call(index=DROP, id=DROP, name=DROP, arguments=DROP, **more):
    """A tool call, in whole or in part."""
    function = {key: value for key, value in (("name", name), ("arguments", arguments)) if value is not DROP}
    whole = {"index": index, "id": id, "function": function or DROP, **more}
    return {key: value for key, value in whole.items() if value is not DROP}


def dump(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def data(value):
    return "data: %s\n\n" % (value if isinstance(value, str) else dump(value))


DONE = "data: [DONE]\n\n"


def join(parts, done=True):
    """The bytes of a stream: values become events; text and bytes stay as they are."""
    parts = list(parts) + ([DONE] if done else [])
    return b"".join(part if isinstance(part, bytes) else (part if isinstance(part, str) else data(part)).encode()
                    for part in parts)


# ---- what is to come of it: the chunks of one event are a list

def chunk(kind, choice=0, text=None, tool=-1, id=None, name=None, finish=None, usage=None):
    return {"kind": kind, "choice": choice, "text": text, "tool": tool, "id": id, "name": name, "finish": finish,
            "usage": usage}


def O(choice=0): return chunk("other", choice)
def C(text, choice=0): return chunk("content", choice, text)
def R(text, choice=0): return chunk("reasoning", choice, text)
def X(text, choice=0): return chunk("refusal", choice, text)
def F(word="stop", choice=0): return chunk("finish", choice, word, finish=WORDS.get(word, "other"))
def T(tool, text="", id=None, name=None, choice=0): return chunk("tool", choice, text, tool, id, name)
def U(prompt, completion, total, cached=-1, reasoning=-1):
    return chunk("usage", -1, usage=(prompt, completion, total, cached, reasoning))


USAGE = {"prompt_tokens": 12, "completion_tokens": 9, "total_tokens": 21}
USED = U(12, 9, 21)


def whole(message, finish="stop", choice={}, choices=None, **top):
    """A completion in the API's own form. Members that are null say nothing: they are not compared."""
    one = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish, **choice}
    return {"id": "c1", "object": "chat.completion", "created": 1, "model": "m",
            "choices": [one] if choices is None else choices, **top}


def option(index, message, finish="stop", **more):
    return {"index": index, "message": {"role": "assistant", **message}, "finish_reason": finish, **more}


def made(id, name, arguments, **more):
    return {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}, **more}


def error(message=None, code=None, type=None, param=None):
    """The server's own words; the message is a part of ours."""
    return {"message": message, "code": code, "type": type, "param": param}


# ---- cases

def stream(id, law, parts, chunks, json, quirks="", status="OK", error=error(), done=True, **more):
    """A streaming call. json: the completion, or the part of it; None: nothing had arrived."""
    plain = not isinstance(parts, bytes) and all(isinstance(part, dict) for part in parts)
    Case(id, law, parts if isinstance(parts, bytes) else join(parts, done), calls=["stream"], chunks=chunks, json=json,
         quirks=quirks, status=status, error=error, events=parts if plain else None, **more)


def answer(id, law, body, chunks, quirks="", json=SAME, status="OK", error=error(), stream=True, **more):
    """A body that is no stream: to a unary call, and to a streaming one too."""
    text = body if isinstance(body, (str, bytes)) else dump(body)
    Case(id, law, text, calls=["unary", "stream"] if stream else ["unary"], chunks=chunks, quirks=quirks,
         json=(body if json is SAME else json), status=status, error=error, **more)


def refusal(id, law, http, body, status, error=error(), **more):
    """An error by its HTTP status: the same to both calls."""
    text = body if isinstance(body, (str, bytes)) else dump(body)
    Case(id, law, text, calls=["unary", "stream"], http=http, chunks=[], quirks="", json=None, status=status,
         error=error, **more)
