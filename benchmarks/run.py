#!/usr/bin/env python3
"""One stream flat out, ours beside libcurl alone, libcurl with lines split (the floor), and libcurl with jansson.

usage: benchmarks/run.py [CHUNKS] [ROUNDS]   after `make`. All run in turns in one run; what counts are the ratios.
"""
import json, pathlib, random, statistics, subprocess, sys, tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
CHUNKS = int(sys.argv[1]) if len(sys.argv) > 1 else 500_000
ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 5
MODES = ("curl", "floor", "callback", "pull", "jansson")
WORDS = [" the", " of", " river", " quick", " a", " tokens", " model", " and", " 42", "."]
ESCAPES = ['"quoted"\n', "tab\t\\ ", " line\n\n- x"]
EMOJI = ["caf\u00e9 ", "\U0001F600", "\u4f60\u597d"]
ARGUMENTS = ['{"a', '": ', '"b"', ", 1}"]


def event(delta, finish=None, index=0, **more):
    choice = {"index": index, "delta": delta, "logprobs": None, "finish_reason": finish}
    fields = {"id": "chatcmpl-BzQ2pVvW8mJ4c1", "object": "chat.completion.chunk", "created": 1711000000,
              "model": "gpt-4o-mini-2024-07-18", "service_tier": "default", "system_fingerprint": "fp_44added55e"}
    return json.dumps({**fields, "choices": [choice], **more}, separators=(",", ":"), ensure_ascii=False)


def call(arguments, **more):
    return {"tool_calls": [{"index": 0, **more, "function": {"arguments": arguments}}]}


def streams(pick):
    padding = lambda: "".join(pick.choices("abcdefgh0123", k=pick.randint(4, 14)))
    yield "text", [event({"content": pick.choice(WORDS)}) for _ in range(1000)]
    yield "escapes", [event({"content": pick.choice(ESCAPES)}) for _ in range(1000)]
    yield "emoji", [event({"content": pick.choice(EMOJI)}) for _ in range(1000)]
    yield "obfuscation", [event({"content": pick.choice(WORDS)}, obfuscation=padding()) for _ in range(1000)]
    yield "id a chunk", [event({"content": pick.choice(WORDS)}, id="gen-" + padding()) for _ in range(1000)]
    yield "n = 4", [event({"content": pick.choice(WORDS)}, index=at % 4) for at in range(1000)]
    yield "tool arguments", [event(call("", id="call_1", type="function"))] + [
        event(call(pick.choice(ARGUMENTS))) for _ in range(1000)]


def main():
    pick = random.Random(1)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        build = ["cc", "-O2", "-I%s/include" % ROOT]
        subprocess.run([*build, "-o", folder / "server", ROOT / "benchmarks/server.c"], check=True)
        subprocess.run([*build, "-o", folder / "stream", ROOT / "benchmarks/stream.c", "-L%s/build/lib" % ROOT,
                        "-Wl,-rpath,%s/build/lib" % ROOT, "-ldosai", "-lcurl", "-ljansson"], check=True)
        print("CPU of the client a chunk, in floors: median (least to most) of %d rounds of %d chunks" % (ROUNDS, CHUNKS))
        print("%-15s %8s " % ("stream", "floor ns") + "".join("%22s" % mode for mode in MODES if mode != "floor"))
        for title, events in streams(pick):
            (folder / "events").write_text("\n".join(events + [event({}, "stop")]) + "\n")
            server = subprocess.Popen([folder / "server", folder / "events", str(CHUNKS)], stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, text=True)
            port = server.stdout.readline().strip()
            taken = {mode: [] for mode in MODES}
            for _ in range(ROUNDS):
                for mode in MODES:
                    run = subprocess.run([folder / "stream", mode, port, str(CHUNKS)], capture_output=True, text=True,
                                         check=True)
                    taken[mode].append(float(run.stdout.split()[0]))
            server.communicate("")
            floor = statistics.median(taken["floor"])
            row = "%-15s %8.0f " % (title, floor)
            for mode in MODES:
                if mode == "floor": continue
                ratios = sorted(value / floor for value in taken[mode])
                row += "%22s" % ("%.2f (%.2f to %.2f)" % (statistics.median(ratios), ratios[0], ratios[-1]))
            print(row, flush=True)


main()
