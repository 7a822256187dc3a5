"""One stream flat out: the CPU of the client a chunk, beside libcurl alone, libcurl with lines split, which is the floor,
and libcurl with jansson; and of Python clients. All by the difference of two streams, a short and a long one, so that
what is done once is not in it."""
import json
import random

import common

MODES = ("curl", "floor", "callback", "pull", "jansson")
FRAMINGS = {"chunks": "an HTTP chunk an event", "h2": "an HTTP/2 frame an event, TLS", "none": "unframed"}
ALIKE = ("obfuscation", "escapes", "emoji", "tool arguments", "an id a chunk", "usage a chunk")  # they should cost like text
BYTES = {False: 48_000_000, True: 24_000_000, "smoke": 1}  # of one run, about, if it is quick
COUNTS = {"dosai": 20_000, "AsyncClient": 20_000, "dosai.openai": 20_000,
          "openai-python": 4_000, "liter-llm": 4_000, "litellm": 2_000}
WORDS = [" the", " of", " river", " quick", " a", " tokens", " model", " and", " 42", "."]
ESCAPES = ['"quoted"\n', "tab\t\\ ", " line\n\n- x"]
EMOJI = ["caf\u00e9 ", "\U0001F600", "\u4f60\u597d"]
ARGUMENTS = ['{"a', '": ', '"b"', ", 1}"]
EVENTS = 1000  # different ones, sent again and again


def event(delta, finish=None, index=0, logprobs=None, **more):
    choice = {"index": index, "delta": delta, "logprobs": logprobs, "finish_reason": finish}
    fields = {"id": "chatcmpl-BzQ2pVvW8mJ4c1", "object": "chat.completion.chunk", "created": 1711000000,
              "model": "gpt-4o-mini-2024-07-18", "service_tier": "default", "system_fingerprint": "fp_44added55e"}
    return json.dumps({**fields, "choices": [choice], **more}, separators=(",", ":"), ensure_ascii=False)


def short(content):
    return json.dumps({"choices": [{"index": 0, "delta": {"content": content}}]}, separators=(",", ":"))


def call(arguments, **more):
    return {"tool_calls": [{"index": 0, **more, "function": {"arguments": arguments}}]}


def logprobs(words, pick):
    """A token and the likeliest, as OpenAI sends them."""
    each = [{"token": word, "logprob": -round(pick.expovariate(1), 8), "bytes": list(word.encode())} for word in words]
    return {"content": [{**each[0], "top_logprobs": each}], "refusal": None}


def streams():
    """Each kind of stream, as its events."""
    pick = random.Random(1)
    word, many = lambda: pick.choice(WORDS), lambda make: [make(at) for at in range(EVENTS)]
    padding = lambda: "".join(pick.choices("abcdefgh0123", k=pick.randint(4, 14)))
    text = lambda size: "".join(word() for _ in range(size // 4))[:size - pick.randint(0, 8)]
    return {
        "text": many(lambda at: event({"content": word()})),
        "60 bytes": many(lambda at: short(word())),
        "1 KB": many(lambda at: event({"content": text(770)})),
        "4 KB": many(lambda at: event({"content": text(3840)})),
        "escapes": many(lambda at: event({"content": pick.choice(ESCAPES)})),
        "emoji": many(lambda at: event({"content": pick.choice(EMOJI)})),
        "tool arguments": [event(call("", id="call_1", type="function"))] + many(
            lambda at: event(call(pick.choice(ARGUMENTS)))),
        "obfuscation": many(lambda at: event({"content": word()}, obfuscation=padding())),
        "logprobs": many(lambda at: event({"content": word()}, logprobs=logprobs([word(), word(), word()], pick))),
        "usage a chunk": many(lambda at: event({"content": word()}, usage={
            "prompt_tokens": 19, "completion_tokens": at + 1, "total_tokens": at + 20})),
        "n = 4": many(lambda at: event({"content": word()}, index=at % 4)),
        "an id a chunk": many(lambda at: event({"content": word()}, id="gen-" + padding())),
    }


def server(events, rounds, framing="none"):
    return common.Server("\n".join([*events, event({}, "stop")]) + "\n", rounds, framing)


def one_mode(program, mode, pair, counts, seen):
    def measure():
        spent = []
        for served, count in zip(pair, counts):
            cpu, events, text = common.output(program, mode, *served.url)
            if mode != "curl":
                assert events == count + 1, (mode, events, count)
            if mode not in ("curl", "floor"):
                assert seen.setdefault(count, text) == text, (mode, text, seen)
            spent.append(cpu)
        # A smoke test's few events may take less than two runs differ by.
        return max(1, spent[1] - spent[0]) / (counts[1] - counts[0])
    return measure


def run(times, quick):
    """{"C": {framing: {stream: {mode: nanoseconds a chunk, a run each}}}, "bytes": {stream: of a chunk},
    "Python": {stream: {client: as in C}}}"""
    program = common.build("stream", "dosai", "curl", "jansson")
    results = {"C": {framing: {} for framing in FRAMINGS}, "bytes": {}, "Python": {}}
    for title, events in streams().items():
        size = results["bytes"][title] = sum(len(one.encode()) + 7 for one in events) / len(events)
        rounds = max(2, round(BYTES[quick] / size / len(events)))
        counts, seen = (len(events), rounds * len(events)), {}
        for framing in FRAMINGS:
            modes = MODES if framing == "chunks" else MODES[:-1]
            with server(events, 1, framing) as short, server(events, rounds, framing) as long:
                ways = {mode: one_mode(program, mode, (short, long), counts, seen) for mode in modes}
                results["C"][framing][title] = common.in_turns(ways, times)
    kinds = ("text", "obfuscation", "tool arguments")
    for title in kinds[:1] if quick else kinds:
        results["Python"][title] = python(streams()[title], (times + 1) // 2, quick)
    return results


def python(events, times, quick):
    ways, servers = {}, {1: server(events, 1, "chunks")}
    names = [*common.clients(quick), "AsyncClient"]
    for name in [*names, "dosai.openai"] if "openai-python" in names else names:
        rounds = 2 if quick == "smoke" else 1 + COUNTS[name] // EVENTS
        if rounds not in servers:
            servers[rounds] = server(events, rounds, "chunks")
        ways[name] = one_client(name, servers[1], servers[rounds], (rounds - 1) * len(events))
    try:
        return common.in_turns(ways, times)
    finally:
        for served in servers.values():
            served.close()


def one_client(name, short, long, count):
    def measure():
        cpu, chunks = common.client(name, "stream", short.base, long.base)
        assert chunks >= count, (name, chunks, count)
        return cpu / count
    return measure
