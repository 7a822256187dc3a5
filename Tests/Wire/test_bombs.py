"""What a server sends to make its client grow or never end, by every face: the memory and time of each call are bounded."""
import concurrent.futures, json, os, pathlib, subprocess, sys

import pytest

import wire
from bombs import BOMBS
from lateness import allowance

SECONDS = 20 * (10 if os.environ.get("DOSAI_TEST_SLOW") else 1)  # what no bomb may take; the longest takes three
CALLS = pathlib.Path(__file__).with_name("bomb_calls.py")


@pytest.fixture(scope="module")
def played(server):
    jobs = []
    for number, (id, reply, _, _, faces, _, options) in enumerate(BOMBS):
        server.put("bomb-%d" % number, reply)
        jobs += [(server.base("bomb-%d~%s" % (number, face)), id, face, options) for face in faces]

    def run(part):
        ran = subprocess.run([sys.executable, CALLS], input=json.dumps(part), stdout=subprocess.PIPE, text=True, timeout=3000)
        return [json.loads(text) for text in ran.stdout.splitlines()]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        seen = [one for part in pool.map(run, [jobs[::2], jobs[1::2]]) for one in part]
    most, longest = max(seen, key=lambda one: one["mb"]), max(seen, key=lambda one: one["seconds"])
    wire.NOTES.append("bombs: %d calls; at most %.0f MB (%s, %s), %.1f s (%s, %s)" % (
        len(seen), most["mb"], most["id"], most["face"], longest["seconds"], longest["id"], longest["face"]))
    return {(one["id"], one["face"]): one for one in seen}


@pytest.mark.parametrize("bomb", BOMBS, ids=lambda bomb: bomb[0])
def test_bomb(played, bomb):
    id, _, statuses, word, faces, most, _ = bomb
    found = []
    for face in faces:
        seen = played.get((id, face))
        if seen is None:
            found.append(face + ": the process died")
            continue
        if seen["status"] not in statuses["unary" in face] or word not in (seen["message"] or ""):
            found.append("%s: %s (%s), not %s with %r" % (face, seen["status"], seen["message"], " or ".join(statuses["unary" in face]), word))
        if id.startswith("endless") and seen["status"] == "TIMEOUT" and seen["cpu"] > 0.7:  # its clock is a quarter of a second
            found.append("%s: %.1f s of CPU before a clock ran out" % (face, seen["cpu"]))
        if seen["mb"] > most or seen["seconds"] > SECONDS + allowance(seen["started"], seen["started"] + seen["seconds"]):
            found.append("%s: %.1f MB, %.1f s" % (face, seen["mb"], seen["seconds"]))
    if found:
        pytest.fail("\n".join(found), pytrace=False)
