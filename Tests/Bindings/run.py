#!/usr/bin/env python3
"""Judges every binding from outside, by its testee: the cases of Tests/Wire, its fault matrix and exchanges, cancelling,
letting go and pausing, and the tool's `chat --json`; each whole and as a stream, blocking and asynchronous.

    run.py [--quick] [NAME | NAME=COMMAND]...

A testee is build/testees/NAME, or another program, such as one that is emulated. --quick: the cases alone."""
import argparse, collections, concurrent.futures, functools, json, os, pathlib, shlex, site, subprocess, sys, threading, time, zlib

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
site.addsitedir(next(map(str, ROOT.glob("build/venv/lib/python*/site-packages")), ""))
sys.path[:0] = [str(ROOT / "Tests/Support"), str(ROOT / "Tests/Wire")]
import test_cases, test_corpus, test_faults, wire
from lateness import attempt, patience
from corpus import CASES
from scripts import CHUNKED, DONE, HOLD, chunk, line
from server import LoopbackServer
from testees import Testee, form, plain

READ_AHEAD = {"csharp", "erlang", "go", "java", "luajit", "node", "php", "python", "ruby", "swift"}  # the part of a cancelled answer may be more than what was read
ONE_LOOP = {"node"}  # of all clients: a call may get the connection of another, whose server is silent from then on
STARTS_QUICKLY = {"cpp", "go", "luajit", "php", "rust", "swift"}  # every fourth case of `chat --json`, not every sixteenth
KNOWN = json.loads((HERE / "known.json").read_text())  # {testee: {what fails: why it may}}
C_FACES = {"whole": ["whole_next"], "stream": ["callback", "poll", "stream_next"]}  # beside those of all
LINES = 60  # of what failed
AT_ONCE = 3  # testees; most of what they do is to wait
TOGETHER = 16  # calls of one testee at a time, each in a process of its own
PIECES = ["A", "B", "C", "D"]  # of a stream that then stays open
PAUSE = 0.3  # seconds, of a testee
MANY = ["%d %s" % (number, "." * 2000) for number in range(1000)]  # between them comments, of 30 MB in all


class Verdict:
    """What failed of one testee, and how many were played of each kind and way."""

    def __init__(self, name):
        self.known, self.failed, self.played = dict(KNOWN.get(name, {})), [], collections.Counter()
        self.again, self.lock = [], threading.Lock()

    def play(self, kind, way, case, check):
        """check gives what is wrong."""
        found = attempt(check, 1)
        with self.lock:
            if found:
                self.again.append((kind, way, case, check, found))
            else:
                self.add(kind, way, case, found)

    def replay(self):
        """What failed among many at once must pass alone; then it is told, but is no failure."""
        for kind, way, case, check, before in self.again:
            found = attempt(check)
            if not found:
                print("again: %s/%s/%s passed alone; before: %s" % (kind, case, way, before[0]))
            self.add(kind, way, case, found)
        self.again.clear()

    def add(self, kind, way, case, found):
        name = "%s/%s/%s" % (kind, case, way)
        self.played[kind, way] += 1
        reason = self.known.pop(name, None)
        if reason and not found:
            found = ["it is known to fail, and did not: %s" % reason]
        elif reason:
            found = []
        self.failed += ["%s: %s" % (name, line) for line in found[:4]]


def is_of_c(testee):
    return testee.name.partition("-")[0] == "c"


def way_of(face, is_async):
    return "async_" * is_async + ("whole" if face in ("unary", "whole") else "stream")


def together(work, jobs):
    with concurrent.futures.ThreadPoolExecutor(TOGETHER) as pool:
        for done in [pool.submit(work, *job) for job in jobs]:
            done.result()


# ---- the cases of Tests/Wire

def expect(server):
    """What C's functions give, called by ctypes, for each case whole; as a stream, pulled."""
    expected = {}
    for case in CASES:
        _, _, pieces = next(test_corpus.splits(case))
        server.put(case.id, [{"pieces": pieces}] + ([{"close": True}] if case.framing == "close" else []))
        with wire.Client(server.base(case.id)) as client:
            for call in case.calls:
                seen = client.see("unary" if call == "unary" else "pull")
                expected[case.id, "whole" if call == "unary" else "stream"] = form(seen)
    return expected


def play_cases(server, testee, verdict, expected):
    def play(id, face, wanted):
        def compare():
            return wire.differences(plain(testee.client(server.base(id)).answer(face)), plain(wanted))
        verdict.play("case", face, id, compare)
    together(play, [(id, face, wanted) for (id, way), wanted in expected.items()
                    for face in (way, "async_" + way, *C_FACES[way] * is_of_c(testee))])


# ---- the fault matrix, and exchanges with retries

def play_faults(server, testee, verdict):
    testee.keeps_processes = testee.name not in ONE_LOOP

    def play(jobs):
        for row, at, face, retries, is_async in jobs:
            def check(row=row, at=at, face=face, retries=retries, is_async=is_async):
                seen = test_faults.play(server, row, at, face, retries, functools.partial(testee.client, is_async=is_async))
                return test_faults.check(row, face, retries, seen)
            verdict.play("fault", way_of(face, is_async), "%s, %s, %d retries" % (row.id, at, retries), check)
    lines = collections.defaultdict(list)  # one after the other where connections are counted
    for row, at, face, retries in test_faults.jobs(test_faults.ROWS + test_faults.STALLS):
        for is_async in (False, True) if face != "pull" else ():  # a testee has one face for streams
            job = row, at, face, retries, is_async
            lines[job if at in ("plain", "tls", *test_faults.UNCOUNTED) else at].append(job)
    together(play, [(jobs,) for jobs in sorted(lines.values(), key=len, reverse=True)])
    verdict.replay()
    testee.keeps_processes = True


def play_exchanges(server, testee, verdict):
    def play(case, is_async):
        def see(face, after, base_url, **options):
            steps = {} if after is None else {"cancel_after_ms": after}
            started = time.monotonic()
            seen = testee.client(base_url, is_async=is_async, **options).see(face, **steps)
            begun = seen["allowed_ms"] / 1e3 + (time.monotonic() - started) - seen["ms"] / 1e3
            return {**seen, "is_early": after is not None and after / 1e3 <= begun, "late_ms": seen["ms"] - (after or 0)}

        def check():
            name = "exchange-%s-%s-%d" % (case["id"], testee.name, is_async)
            return test_cases.undecided(case["id"], test_cases.check_exchange(case, *test_cases.exchange(server, case, name, see)))
        face = "stream" if case["config"].get("stream") else "whole"
        verdict.play("exchange", way_of(face, is_async), case["id"], check)
    cases = [{**case, "expect": {key: value for key, value in case["expect"].items() if key != "open_connections_after"}}
             for case in test_cases.EXCHANGES]  # a testee keeps its clients, and so their connections
    together(play, [(case, is_async) for is_async in (False, True) for case in cases])


# ---- cancelling, and letting go

def play_ends(server, testee, verdict):
    """After none, one and three of the events: by the language's own way to cancel, and to stop reading."""
    def play(step, after, is_async):
        name = "ends-%s-%s-%d-%d" % (testee.name, step, after, is_async)
        server.put(name, [{"send": CHUNKED}, *({"chunk": line(chunk({"content": piece}))} for piece in PIECES), HOLD])

        def check():
            answer = testee.client(server.base(name)).answer(way_of("stream", is_async), **{step: after})
            texts = [choice.get("content") for one in answer["chunks"] for choice in one["choices"]]
            found = [] if texts == PIECES[:after] else ["the events are %r" % texts]
            rest = {key: answer[key] for key in ("status", "completion", "error")}
            if step == "drop_after":
                return found + wire.differences(rest, {"status": "OK", "completion": None, "error": None})
            if rest["status"] != "CANCELLED" or rest["completion"] or rest["error"]["status"] != "CANCELLED":
                found.append("it ends with %r" % rest)
            elif after:
                text, part = "".join(texts), rest["error"]["completion"]["choices"][0]["content"]
                if part != text and not (testee.name in READ_AHEAD and part.startswith(text)):
                    found.append("the partial answer is %r" % part)
            over = time.monotonic()
            while server.stats(name)["ended"] < server.stats(name)["connections"]:
                if time.monotonic() > over + 2 + patience(over):
                    found.append("its connection stays open")
                    break
                time.sleep(0.005)
            return found
        verdict.play("end", way_of("stream", is_async), "%s %d" % (step, after), check)
    jobs = [("cancel_after", 0), ("cancel_after", 1), ("cancel_after", 3), ("drop_after", 1), ("drop_after", 3)]
    together(play, [(*job, is_async) for is_async in (False, True) for job in jobs])


# ---- not reading for a while

def play_pauses(server, testee, verdict):
    """The server sends more than buffers hold, and so has to wait; or ends meanwhile. All of it arrives, once."""
    def play(pieces, comment, after, is_async):
        name, sent = "pauses-%s-%d-%d" % (testee.name, len(pieces), is_async), []
        note = {"call": lambda: sent.append(time.monotonic())}
        server.put(name, [{"send": CHUNKED}, note, *({"chunk": line(chunk({"content": piece})) + comment} for piece in pieces), note,
                          {"chunk": line(chunk(finish="stop")) + DONE}, {"chunk": ""}, {"close": True}])

        def check():
            started = time.monotonic()
            answer = testee.client(server.base(name)).answer(way_of("stream", is_async), pause_after=after)
            took, waited = time.monotonic() - started, sent[-1] - sent[-2]
            texts = [choice.get("content") for one in answer["chunks"] for choice in one["choices"] if choice.get("content")]
            found = [] if texts == pieces else ["the events are %.300r" % texts]
            if (answer["status"], answer["error"]) != ("OK", None) or answer["completion"]["choices"][0]["content"] != "".join(pieces):
                found.append("it ends with %.300r" % [answer[key] for key in ("status", "error", "completion")])
            if min(took, waited if comment else took) < PAUSE:
                found.append("there is no pause: %.3f s, the server's %.3f s" % (took, waited))
            return found
        verdict.play("pause", way_of("stream", is_async), "sends on" if comment else "ends", check)
    comment = ": %s\n\n" % ("." * 30000)  # the kernel may keep 12 MB for both sides
    together(play, [(*job, is_async) for is_async in (False, True) for job in ((MANY, comment, 2), (PIECES, "", 1))])


# ---- `chat --json`

def play_chats(server, testee, verdict):
    """The same lines and status as the tool's."""
    def run(id, command, *options):
        ran = subprocess.run([*command, "chat", "-m", "m", "--json", *options, "--max-retries", "0", "--timeout", "20", "--base-url",
                              server.base(id), "hi"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             env={**os.environ, "DOSAI_API_KEY": wire.KEY}, timeout=60)
        lines = [json.loads(line) for line in ran.stdout.splitlines()]
        lines[-1]["timings"] = {key: value is not None for key, value in lines[-1]["timings"].items()}
        return {"status": ran.returncode, "lines": lines}

    def play(id, *options):
        by_tool = []  # once for both ways

        def check(is_async):
            by_tool[:] = by_tool or [run(id, [ROOT / "build/bin/dosai"], *options)]
            return wire.differences(run(id, testee.command, *["--async"] * is_async, *options), by_tool[0])
        for is_async in (False, True):
            verdict.play("chat", way_of("whole" if options else "stream", is_async), id, functools.partial(check, is_async))
    every = 4 if testee.name in STARTS_QUICKLY else 16
    cases = [case for case in CASES if zlib.crc32(case.id.encode()) % every == 0]  # a new one does not move the others
    together(play, [(case.id, *(["--no-stream"] if call == "unary" else [])) for case in cases for call in case.calls])


# ---- the whole

def judge(server, testee, expected, is_quick):
    verdict, started = Verdict(testee.name), time.monotonic()
    play_cases(server, testee, verdict, expected)
    verdict.replay()
    if not is_quick:
        for play in (play_faults, play_exchanges, play_ends, play_pauses, *[play_chats] * (testee.name != "c")):  # the tool is C's own
            play(server, testee, verdict)
            verdict.replay()
    verdict.failed += ["%s: it is not played" % name for name in verdict.known if not is_quick]
    verdict.failed += attempt(lambda: testee.end() or [])
    verdict.seconds = time.monotonic() - started
    return verdict


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("testees", nargs="+")
    options = parser.parse_args()
    if len(options.testees) > 1:
        return judge_all(options.testees, ["--quick"] * options.quick)
    name, _, command = options.testees[0].partition("=")
    with LoopbackServer() as server:
        testee = Testee(name, shlex.split(command) or [str(ROOT / "build/testees" / name)], TOGETHER)
        verdict = judge(server, testee, expect(server), options.quick)
    counts = ["%s %s %d" % (kind, way, count) for (kind, way), count in sorted(verdict.played.items())]
    print("%-4s %-8s %s (%.0f s)" % ("FAIL" if verdict.failed else "ok", name, ", ".join(counts), verdict.seconds))
    for line in verdict.failed[:LINES]:
        print("    " + line[:400])
    return verdict.failed != []


def judge_all(testees, flags):
    """Each by a process of its own, with a server of its own."""
    def run(testee):
        ran = subprocess.run([sys.executable, __file__, *flags, testee], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True, errors="replace")
        print(ran.stdout, end="", flush=True)
        return ran.returncode == 0
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        good = sum(pool.map(run, testees))
    print("bindings: %d of %d" % (good, len(testees)))
    return good != len(testees)


if __name__ == "__main__":
    sys.exit(main())
