"""Whole answers over one connection: the library beside libcurl and jansson, and Python clients."""
import json

import common

TEXT = 'A line of the answer, with "quotes", caf\u00e9s and a tab\\t.\n'
SIZES = {"small": 700, "1 MB": 1_000_000, "10 MB": 10_000_000}  # of the content, in characters, about
COUNTS = {"small": {"C": 5_000, "dosai": 1_000, "openai-python": 300, "liter-llm": 300, "litellm": 100},
          "1 MB": {"C": 40, "dosai": 20, "openai-python": 20, "liter-llm": 20}}


def answer(size):
    message = {"role": "assistant", "content": TEXT * (size // len(TEXT)), "refusal": None, "annotations": []}
    usage = {"prompt_tokens": 19, "completion_tokens": 10, "total_tokens": 29,
             "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
             "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0, "accepted_prediction_tokens": 0,
                                           "rejected_prediction_tokens": 0}}
    return json.dumps({"id": "chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT", "object": "chat.completion", "created": 1741569952,
                       "model": "gpt-4.1-2025-04-14", "choices": [
                           {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
                       "usage": usage, "service_tier": "default", "system_fingerprint": "fp_44added55e"}, ensure_ascii=False)


def run(times, quick):
    """{size: {"bytes", "C": {way: [[CPU, time] in nanoseconds, a run each]}, "Python": the same}}, and of "10 MB" the growth in KB."""
    program = common.build("unary", "dosai", "curl", "jansson")
    results = {}
    for title, counts in COUNTS.items():
        if quick:
            counts = {name: 3 if quick == "smoke" else max(5, count // 10) for name, count in counts.items()}
        text = answer(SIZES[title])
        with common.Server(text) as server:
            ways = {mode: calls(program, mode, server, counts["C"]) for mode in ("jansson", "dosai")}
            pythons = {name: client_calls(name, server, counts[name])
                       for name in common.clients(quick) if name in counts}
            results[title] = {"bytes": len(text.encode()), "C": common.in_turns(ways, times),
                              "Python": common.in_turns(pythons, times)}
    text = answer(SIZES["10 MB"])
    with common.Server(text) as server:
        ways = {mode: growth(program, mode, server) for mode in ("jansson", "dosai")}
        pythons = {name: client_growth(name, server) for name in common.clients(quick) if name in COUNTS["1 MB"]}
        results["10 MB"] = {"bytes": len(text.encode()), "C": common.in_turns(ways, times), "Python": common.in_turns(pythons, times)}
    return results


def calls(program, mode, server, count):
    return lambda: common.output(program, mode, server.port, count)[:2]


def client_calls(name, server, count):
    return lambda: common.client(name, "unary", server.base, count)[:2]


def growth(program, mode, server):
    return lambda: common.output(program, mode, server.port, 1)[2]


def client_growth(name, server):
    return lambda: common.client(name, "memory", server.base)[0]
