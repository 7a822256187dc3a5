"""One stream in Node.js: the CPU of a chunk through the binding, and through fetch with an SSE parser and JSON.parse; by
the difference of two streams, a short and a long one."""
import common
import stream

KINDS = ("text", "escapes", "emoji", "tool arguments", "obfuscation", "logprobs")
ROUNDS = {False: 500, True: 200, "smoke": 2}  # of a stream's 1,000 events
NODE = common.ROOT / "build/node/node"


def run(times, quick):
    """{stream: {"dosai" or "fetch": nanoseconds a chunk, a run each}}"""
    if not NODE.exists():
        raise SystemExit("there is no %s: make build/node/dosai.node" % NODE)
    results, kinds = {}, KINDS[:1] if quick else KINDS
    for kind in kinds:
        events, said = stream.streams()[kind], set()
        with stream.server(events, 1, "chunks") as short, stream.server(events, ROUNDS[quick], "chunks") as long:
            ways = {name: one_way(name, short, long, said) for name in ("dosai", "fetch")}
            results[kind] = common.in_turns(ways, (times + 1) // 2)
    return results


def one_way(name, short, long, said):
    def measure():
        spent, count, text = common.output(NODE, common.HERE / "node_client.mjs", name, short.base, long.base)
        said.add(text)
        assert len(said) == 1 and count > 0, (name, count, said)
        return max(1, spent) / count
    return measure
