#!/usr/bin/env python3
"""Mutation testing: faults are put into the sources, and each has to be found by a test.

    run.py [--seed N] [--count N] [--only NUMBER]... [--jobs N] [--check]

The mutants are chosen by the seed from all places of Sources; all are in one build, behind a switch. A run without a
mutant says which suite reaches which; each mutant then goes through those that reach it, the quickest first, until
one fails, or those that take four minutes have passed. What survives and is the same as the right code is listed in docs/mutants.md, with the reason. The exit
status is 0 where 95 % of the others are killed. --check only holds the rules of the sources' grammar and that page.
"""
import argparse, collections, concurrent.futures, json, pathlib, random, re, shutil, sys, time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import tree
from tree import BUILD, ROOT

PAGE = ROOT / "docs/mutants.md"
LEAST = 0.95
PATIENCE = 240  # seconds of suites, without a mutant, for each mutant; one suite may take longer
RESERVE = 1.15  # for places that do not compile
ROW = re.compile(r"^\| `(Sources/[^`]+)` \| `(.+?)` \| (.+?) \| (.+) \|$")


def key(copy, name, place):
    """File, line and mutation; where the file has the line twice, as many lines before it as tell it apart."""
    lines = [" ".join(line.split()) for line in copy.sources[name].splitlines()]
    last = place.line
    first = last - 1
    while first > 0 and sum(lines[at:at + last - first] == lines[first:last] for at in range(len(lines))) > 1:
        first -= 1
    return name, " ".join(lines[first:last]), place.what


def listed():
    """What docs/mutants.md says to be the same as the right code, with the reasons."""
    rows = [ROW.match(line.replace("\\|", "\0")) for line in PAGE.read_text().splitlines() if line.startswith("| `Sources/")]
    if None in rows:
        sys.exit("mutants: docs/mutants.md has a row that is not `file`, `line`, mutation, reason")
    return {tuple(part.replace("\0", "|") for part in row.groups()[:3]): row[4] for row in rows}


def check(copy, places, known):
    """Each place can be rewritten, alone and all at once, and each row of the page is of a place."""
    there = {key(copy, *place) for place in places}
    wrong = ["docs/mutants.md: there is no such place: %s, `%s`, %s" % row for row in known if row not in there]
    for name, text in copy.sources.items():
        edits = [(edit, number) for number, (file, place) in enumerate(places, 1) if file == name for edit in place.edits]
        made = tree.rewrite(text, edits)
        if made.count("\n") != text.count("\n") or any(
                made.count(one) - made.count(other) != text.count(one) - text.count(other) for one, other in ("()", "[]", "{}")):
            wrong.append("%s: its lines or brackets have changed" % name)
    if wrong:
        sys.exit("\n".join("mutants: " + line for line in wrong))


def measure(suites, most):
    """Runs each suite without a mutant: how long it takes, and what it reaches. Those that passed; kept for this build."""
    import suites as runs
    from server import LoopbackServer
    kept, stamp = BUILD / "measured.json", runs.stamp()
    known = json.loads(kept.read_text()) if kept.exists() else {}
    known = known["suites"] if known.get("stamp") == stamp else {}

    def one(suite):
        for attempt in range(3):
            if suite.name not in known:
                path = BUILD / "reached" / suite.name.replace("/", "-")
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(bytes(most + 1))
                done = runs.run(suite, 0, server, path)
                if not done.failed:
                    known[suite.name] = done.wall, done.cpu, sorted(runs.reached_of(path))
        if suite.name in known:
            suite.wall, suite.cpu, suite.reached = known[suite.name]
        else:
            print("left out: %s failed three times without a mutant, %s" % (suite.name, runs.output_of(suite, 0)), flush=True)

    with LoopbackServer(speaks_http2=True) as server, concurrent.futures.ThreadPoolExecutor(2) as together:
        list(together.map(one, suites))
    kept.write_text(json.dumps({"stamp": stamp, "suites": known}))
    return sorted((suite for suite in suites if suite.name in known), key=lambda suite: suite.wall)


def judge(number, suites):
    """Which suite kills it, and how; what was tried in vain. The quickest come first."""
    import suites as runs
    from server import LoopbackServer
    began, shaken, tried = time.monotonic(), [], []
    with LoopbackServer(speaks_http2=True) as server:
        for suite in suites:
            if tried and sum(one.wall for one in tried) + suite.wall > PATIENCE:
                break
            tried.append(suite)
            limits = 3 * suite.wall + 20, 4 * suite.cpu + 5
            done = runs.run(suite, number, server, limits=limits)
            if done.failed and done.how != "a crash" and not suite.steady:  # it may have been the machine
                again = done.how == "no end" or runs.run(suite, number, server, limits=limits).failed
                if not again or runs.run(suite, 0, server, limits=limits).failed:
                    shaken.append(suite.name)
                    continue
            if done.failed:
                return number, suite.name, done.how, time.monotonic() - began, shaken
    return number, None, "%d of %d suites" % (len(tried), len(suites)), time.monotonic() - began, shaken


def build(copy, chosen, count):
    began = time.monotonic()
    first = len(chosen)
    debug = ["swift", "build", "--build-tests", "--disable-xctest"]
    copy.build(chosen, *debug)
    copy.build(chosen, "make", "-s", "all")
    print("%d of %d places do not compile; built in %d s" % (first - len(chosen), first, time.monotonic() - began), flush=True)
    for number in sorted(chosen)[count:]:
        del chosen[number]


def report(copy, chosen, results, known, seconds):
    killed = collections.Counter()
    alive, same = [], []
    for number, suite, how, took, _ in sorted(results):
        row = key(copy, *chosen[number])
        place = "%s:%d" % (row[0], chosen[number][1].line)
        if suite:
            killed[suite] += 1
        (same if row in known else alive).append((number, place, row)) if not suite else None
    print("\n%-44s %s" % ("killed by", "mutants"))
    for suite, count in killed.most_common():
        print("%-44s %d" % (suite, count))
    kinds = collections.Counter(chosen[result[0]][1].kind for result in results)
    dead = collections.Counter(chosen[result[0]][1].kind for result in results if result[1])
    print("\n" + ", ".join("%s %d of %d" % (kind, dead[kind], kinds[kind]) for kind in sorted(kinds)))
    for title, rows in (("the same as the right code, docs/mutants.md", same), ("survived", alive)):
        for number, place, row in rows:
            print("%s: %d, %s, `%s`, %s" % (title, number, place, row[1], row[2]))
    of = len(results) - len(same)
    share = sum(killed.values()) / max(of, 1)
    print("\n%d mutants, %d killed, %d the same as the right code, %d survived: %.1f %% of those that differ; %d s" % (
        len(results), sum(killed.values()), len(same), len(alive), 100 * share, seconds))
    return of == 0 or share < LEAST


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--only", type=int, action="append", help="of that seed's mutants these alone")
    parser.add_argument("--jobs", type=int, default=4)  # they wait more than they compute
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    began = time.monotonic()
    copy, known = tree.Tree(), listed()
    places = copy.places()
    check(copy, places, known)
    if options.check:
        return print("mutants: %d places in %d files, %d known to be the same" % (
            len(places), len({name for name, _ in places}), len(known)))
    print("seed %d: %d of %d places" % (options.seed, options.count, len(places)), flush=True)
    picked = random.Random(options.seed).sample(places, min(int(options.count * RESERVE) + 1, len(places)))
    chosen = dict(enumerate(picked, 1))
    copy.lay_out()
    build(copy, chosen, options.count)
    shutil.rmtree(BUILD / "programs", ignore_errors=True)
    shutil.rmtree(BUILD / "outputs", ignore_errors=True)
    import suites as runs
    suites = measure(runs.every(), max(chosen))
    print("%d suites, %d s in all" % (len(suites), sum(suite.wall for suite in suites)), flush=True)
    results = []
    with concurrent.futures.ProcessPoolExecutor(options.jobs) as together:
        jobs = [together.submit(judge, number, [suite for suite in suites if number in suite.reached])
                for number in chosen if not options.only or number in options.only]
        for job in concurrent.futures.as_completed(jobs):
            number, suite, how, took, shaken = job.result()
            results.append(job.result())
            name, place = chosen[number]
            print("%3d %-8s %s:%d %s: %s%s, %.1f s" % (
                number, "killed" if suite else "SURVIVED", name, place.line, place.what, suite + ", " if suite else "", how, took)
                + "".join("; %s failed once" % one for one in shaken), flush=True)
    return report(copy, chosen, results, known, time.monotonic() - began)


if __name__ == "__main__":
    sys.exit(main())
