"""The limits of dosai.map: the arithmetic with a virtual clock, and a coordinator with workers on loopback."""
import heapq
import json
import random
import socket
import struct
import threading
import time
import urllib.request

import pytest

import scripts
from dosai._map_ledger import Ledger
from dosai.map import Lease, Mapper, MapError, Share, Spec, serve_limits
from lateness import allowance, wait_until

COLUMNS = {"id": "id", "request": "prompt"}
MINUTE, SEED = 60.0, 1


# ---- a virtual clock

class Coordinator(serve_limits):
    """One that is asked directly."""

    def __init__(self, rpm, tpm=0):
        super().__init__(rpm, tpm)
        self.ledger = Ledger(rpm, tpm, 0.0)


def simulate(coordinator, workers, seconds, wanted=lambda worker: 64, cost=lambda: 1, used=lambda cost: cost,
             late=lambda: 0.0, dead=lambda worker, now: False):
    """The times and tokens of all requests; and how long the coordinator has taken."""
    sent, took, chance = [], 0.0, random.Random(SEED)
    turns = [(chance.random(), worker) for worker in range(workers)]
    heapq.heapify(turns)
    while turns[0][0] < seconds:
        now, worker = heapq.heappop(turns)
        if dead(worker, now):
            continue
        each, begun = cost(), time.process_time()
        requests, tokens, start, interval, slot, most = coordinator.lend(worker, wanted(worker), each, each, now)
        took += time.process_time() - begun
        ends = now + max(0, start)
        for number in range(requests):
            due = now + start + number * interval
            ends = max(due, now) + min(late(), most * 0.999)
            if tokens is not None and tokens < each:
                break
            tokens = None if tokens is None else tokens - each
            sent.append((ends, used(each)))
            coordinator.ledger.settle(slot, used(each) - each)
        if tokens:
            coordinator.ledger.settle(slot, -tokens)
        heapq.heappush(turns, (max(ends, now + 0.001), worker))
    return sorted(sent), took


def most(sent, weight=lambda each: 1):
    """The most in any window of a minute."""
    total = largest = first = 0
    for now, *rest in sent:
        total += weight(rest[0])
        while sent[first][0] <= now - MINUTE:
            total -= weight(sent[first][1])
            first += 1
        largest = max(largest, total)
    return largest


@pytest.mark.parametrize("late", [0, 0.1, 0.4])
@pytest.mark.parametrize("rpm", [60, 600, 6000])
@pytest.mark.parametrize("workers", [1, 4, 50])
def test_no_window_has_more_than_the_limit(rpm, workers, late):
    chance = random.Random(SEED)
    sent, _ = simulate(Coordinator(rpm), workers, 200, late=lambda: chance.uniform(0, late))
    assert most(sent) <= rpm
    later = [each for each in sent if 60 < each[0] <= 180]
    assert 0.95 * rpm <= len(later) / 2 <= rpm


def test_a_thousand_workers():
    sent, took = simulate(Coordinator(60000), 1000, 180)
    used = len([each for each in sent if 60 < each[0] <= 180]) / 120
    print("1,000 workers: %.1f requests/s of 1,000; the coordinator took %.2f %% of a core" % (used, took / 1.8))
    assert most(sent) <= 60000 and 950 <= used <= 1000 and took / 180 < 0.05


def test_a_thousand_workers_with_a_small_limit():
    sent, took = simulate(Coordinator(600), 1000, 180)
    assert most(sent) <= 600 and len(sent) > 0.95 * 600 * 2.9 and took / 180 < 0.05


def test_the_dead_cost_their_lease_alone():
    """Three of four workers die at once: within 2 leases the last one has all."""
    sent, _ = simulate(Coordinator(6000), 4, 180, dead=lambda worker, now: worker > 0 and now > 100)
    assert most(sent) <= 6000
    assert len([each for each in sent if 102 < each[0] <= 112]) >= 0.95 * 1000
    assert len([each for each in sent if 100 < each[0] <= 102]) >= 50


def test_one_that_wants_little_leaves_the_rest():
    sent, _ = simulate(Coordinator(6000), 4, 180, wanted=lambda worker: 64 if worker == 0 else 1)
    assert len([each for each in sent if 60 < each[0] <= 120]) >= 0.95 * 6000


@pytest.mark.parametrize("share", [0.2, 1, 3])
def test_tokens(share):
    """Usage of a fifth, all and three times of what was estimated."""
    sent, _ = simulate(Coordinator(0, 60000), 4, 400, cost=lambda: 100, used=lambda cost: int(cost * share))
    later = [each for each in sent if 120 < each[0] <= 360]
    # What is found out after the request was sent can only be made up for.
    assert most(sent, lambda tokens: tokens) <= 60000 + (share > 1) * 4 * 3 * 1000
    assert sum(tokens for _, tokens in later) / 4 >= 0.85 * 60000


def test_a_request_larger_than_the_limit_is_sent():
    sent, _ = simulate(Coordinator(0, 1000), 2, 300, cost=lambda: 1000)
    assert len([each for each in sent if each[0] < 300]) == 4
    assert Ledger(0, 1000, 0.0).grant(0.0, 1, 5000, 5000).tokens == 1000


@pytest.mark.parametrize("rpm, tpm", [(600, 0), (0, 60000)])
def test_a_restart_lends_no_more(rpm, tpm):
    """Each 20 s another coordinator, which knows nothing of the one before."""
    chance, sent, owed = random.Random(SEED), [], []
    for begin in range(0, 240, 20):
        ledger, now = Ledger(rpm, tpm, float(begin)), float(begin)
        while now < begin + 20:
            while owed and owed[0][0] <= now:  # calls take 10 s: some were lent by the one before
                ledger.settle(*owed.pop(0)[1:])
            loan = ledger.grant(now, 64, 50, 50)
            times = [max(now, loan.start + number * loan.interval) for number in range(loan.requests)]
            used = 50 if begin % 40 else 1
            sent += [(each, used) for each in times if each < begin + 20]  # a lost coordinator ends its loans
            owed += [(each + 10, loan.slot, used - 50) for each in times if each < begin + 20]
            now = max(now + 0.01, times[-1] + chance.uniform(0, 0.3))
    assert len(sent) > 100
    assert most(sent) <= (rpm or 60000) and most(sent, lambda tokens: tokens) <= (tpm or 30000)


# ---- on loopback

class Seen:
    def __init__(self, server, name, reply=lambda request: scripts.say("Hello")(request)):
        self.times, self.reply, self.lock = [], reply, threading.Lock()
        server.put(name, self)
        self.base = server.base(name)

    def __call__(self, request):
        with self.lock:
            request.number = len(self.times)
            self.times.append(time.monotonic())
        return self.reply(request)


@pytest.fixture
def seen(server, request):
    return lambda *reply: Seen(server, "".join(filter(str.isalnum, request.node.name)), *reply)


@pytest.fixture
def workers():
    """Makes mappers that do not share a thread: as many workers."""
    made = []

    def make(there, count, **options):
        for _ in range(count):
            made.append(Mapper(Spec(model="m", base_url=there.base, **options)))
        return made[-count:]
    yield make
    for one in made:
        one.close()


def rows(count):
    return [{"id": str(number), "prompt": str(number)} for number in range(count)]


def run(mappers, count, until=None):
    """All rows through each mapper, in threads; what they raised."""
    raised = []

    def consume(one):
        try:
            for _ in one.rows(rows(count), **COLUMNS):
                if until is not None and time.monotonic() > until:
                    return
        except MapError as error:
            raised.append(error)
    threads = [threading.Thread(target=consume, args=(one,)) for one in mappers]
    for each in threads:
        each.start()
    return threads, raised


def join(threads):
    for each in threads:
        each.join(60)


def test_four_workers_keep_to_a_limit(seen, workers):
    """In windows of 6 s."""
    there, begun = seen(), time.monotonic()
    with serve_limits(rpm=600, window=6) as lease:
        threads, raised = run(workers(there, 4, limiter=lease), 10000, begun + 9)
        join(threads)
    times = there.times
    largest = max(len([each for each in times if start <= each < start + 6]) for start in times)
    steady = [each for each in times if begun + 2 < each <= begun + 8]
    print("%d in the fullest window of 600; %d from 2 s on" % (largest, len(steady)))
    assert largest <= 600 + 100 * allowance(begun) and not raised
    assert len(steady) >= 0.95 * 600 - 100 * allowance(begun)


def in_hold(times, number, seconds):
    """Requests from 0.2 s to so many seconds after the one that was refused."""
    refused = times[number]
    return [at - refused for at in times[number + 1:] if 0.2 + allowance(refused, at) < at - refused < seconds]


def test_a_429_holds_all_workers(seen, workers):
    def reply(request):
        return scripts.error(429, "wait", retry_after="2") if request.number == 60 else scripts.say("Hello")(request)
    there = seen(reply)
    with serve_limits(rpm=6000) as lease:
        join(run(workers(there, 3, limiter=lease, concurrency=4), 60)[0])
    assert not in_hold(there.times, 60, 2) and len(there.times) == 181 and there.times[-1] > there.times[60] + 2


def test_a_429_holds_all_calls_without_a_limit(seen, workers):
    concurrency, told = 4, []

    def reply(request):
        if request.number != 30:
            return scripts.say("Hello")(request)
        return dict(scripts.error(429, "wait", retry_after="1"), end=[{"call": lambda: told.append(time.monotonic())}])
    there = seen(reply)
    join(run(workers(there, 1, concurrency=concurrency), 200)[0])
    after = [at for at in there.times if told[0] < at < there.times[30] + 1]
    # Each other call may send one while it is told, and one whose turn comes in the step that reads it.
    assert len(after) <= 2 * (concurrency - 1) and not in_hold(there.times, 30, 1) and len(there.times) == 201


def test_a_lost_coordinator_stops_the_workers_until_it_is_back(seen, workers):
    there = seen()
    with serve_limits(rpm=6000) as lease:
        threads, raised = run(workers(there, 2, limiter=lease), 150)
        wait_until(lambda: len(there.times) >= 100)
        begun = time.monotonic()
    lost = len(there.times)
    time.sleep(1)
    assert len(there.times) <= lost + 2 + 100 * allowance(begun)  # sent before the workers learned of it
    with serve_limits(rpm=6000, port=lease.port, token=lease.token) as again:
        assert again == lease
        join(threads)
    assert len(there.times) == 300 and not raised and time.monotonic() - begun < 20 + allowance(begun)


def test_workers_give_up_without_a_coordinator(seen, workers):
    lease = Lease("127.0.0.1", 9, "token", patience=0.5)
    there = seen()
    threads, raised = run(workers(there, 1, limiter=lease), 10)
    join(threads)
    assert [error.status for error in raised] == ["CONNECTION"] and not there.times


def test_a_worker_that_gave_up_tries_again(seen, workers):
    there = seen()
    with serve_limits() as lease:
        pass
    one, = workers(there, 1, limiter=Lease(lease.host, lease.port, lease.token, patience=0.5))
    with pytest.raises(MapError):
        list(one.rows(rows(1), **COLUMNS))
    with serve_limits(port=lease.port, token=lease.token):
        assert [row.error for row in one.rows(rows(1), **COLUMNS)] == [None]


def answering(late, lends):
    """A coordinator that greets, and lends so many seconds later if at all; where it listens."""
    listener = socket.create_server(("127.0.0.1", 0))

    def talk(one):
        with one:
            one.sendall(b'{"hold": 0}\n')
            for line in one.makefile("rb"):
                if b'"ask"' in line and lends:
                    time.sleep(late)
                    one.sendall(b'{"lend": [1, null, 0, 0, 0, %g]}\n' % (late / 2))

    def serve():
        while True:
            try:
                one, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=talk, args=(one,), daemon=True).start()
    threading.Thread(target=serve, daemon=True).start()
    return listener


@pytest.mark.parametrize("lends, status", [(False, "CONNECTION"), (True, "TIMEOUT")])
def test_a_coordinator_that_is_silent_or_always_late(seen, workers, lends, status):
    there, begun = seen(), time.monotonic()
    with answering(0.2, lends) as listener:
        threads, raised = run(workers(there, 1, limiter=Lease(*listener.getsockname(), "token", patience=1)), 10)
        join(threads)
    found = [error.status for error in raised]
    # Where the machine is late for as long as the worker has patience, it hears nothing.
    assert (found == [status] or found == ["CONNECTION"] and allowance(begun) > 0.5) and not there.times


def test_what_was_not_used_in_time_is_lost(seen, workers):
    """Ten requests are lent, of which two are needed; the others may not be sent a second later."""
    there = seen()

    def lend(listener):
        one, _ = listener.accept()
        one.sendall(b'{"hold": 0}\n')
        starts = iter([0, 1])
        for line in one.makefile("rb"):
            if b'"ask"' in line:
                one.sendall(b'{"lend": [10, null, %d, 0.01, 0, 0.5]}\n' % next(starts))

    def late():
        yield from rows(2)
        time.sleep(1)
        yield from rows(6)[2:]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=lend, args=(listener,), daemon=True).start()
        one, = workers(there, 1, limiter=Lease(*listener.getsockname(), "token"))
        assert len(list(one.rows(late(), **COLUMNS))) == 6
    assert there.times[2] - there.times[1] > 1.9


def test_all_threads_of_a_worker_give_up_together(seen, workers):
    """One has all calls; the other waits for its turn, and not for the coordinator once more."""
    there, begun = seen(), time.monotonic()
    one, = workers(there, 1, limiter=Lease("127.0.0.1", 9, "token", patience=2), concurrency=4)
    threads, raised = run([one, one], 10)
    join(threads)
    assert [error.status for error in raised] == ["CONNECTION"] * 2 and not there.times
    assert time.monotonic() - begun < 3.5 + allowance(begun)


def test_a_reset_is_no_reason_to_give_up_at_once(seen, workers):
    """A worker that was idle for longer than its patience."""
    there = seen()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        lease = Lease(*listener.getsockname(), "token", patience=1)
        one, = workers(there, 1, limiter=lease)
        threads, raised = run([one], 1)
        peer, _ = listener.accept()
        peer.sendall(b'{"hold": 0}\n{"lend": [1, null, 0, 0, 0, 5]}\n')
        join(threads)
        time.sleep(1.5)
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        peer.close()
    with serve_limits(port=lease.port, token=lease.token):
        threads, raised = run([one], 1)
        join(threads)
    assert len(there.times) == 2 and not raised


def test_the_coordinator_knows_its_workers(seen, workers):
    there = seen()
    with serve_limits(rpm=600) as lease:
        assert lease.token not in repr(lease)
        stranger = Lease(lease.host, lease.port, "guess", patience=0.3)
        threads, raised = run(workers(there, 1, limiter=stranger), 10)
        join(threads)
        assert [error.status for error in raised] == ["CONNECTION"] and not there.times
        for text in (b'{"token": 1}\n', b"[]\n", b"x" * 100000, b'{"token": "%s"}\n{"ask": "?"}\n' % lease.token.encode(), b"\0\n"):
            with socket.create_connection((lease.host, lease.port)) as one:
                one.sendall(text)
                one.settimeout(5)
                try:
                    while one.recv(100):  # but a greeting
                        pass
                except ConnectionResetError:
                    pass
        threads, raised = run(workers(there, 1, limiter=lease), 10)  # it goes on
        join(threads)
        assert not raised and len(there.times) == 10


def test_a_coordinator_that_says_nonsense(seen, workers):
    there = seen()
    with socket.create_server(("127.0.0.1", 0)) as server:
        def serve():
            one, _ = server.accept()
            one.sendall(b'{"hold": 0}\n{"lend": 7}\n')
            time.sleep(5)
        threading.Thread(target=serve, daemon=True).start()
        threads, raised = run(workers(there, 1, limiter=Lease(*server.getsockname(), "token")), 10)
        join(threads)
    assert [error.status for error in raised] == ["PROTOCOL"] and not there.times


def test_shares(seen, workers):
    assert Share(rpm=600, tpm=60000, workers=4).rates() == {"requests_per_minute": 150, "tokens_per_minute": 15000}
    for wrong in ({"rpm": -1}, {"rpm": 1, "workers": 0}, {"rpm": 3, "workers": 4}, {"tpm": 3, "workers": 4}):
        with pytest.raises(ValueError):
            Share(**wrong)
    there, begun = seen(), time.monotonic()
    join(run(workers(there, 2, limiter=Share(rpm=1200, workers=2)), 5)[0])
    assert len(there.times) == 10 and time.monotonic() - begun > 0.4


# ---- progress

def test_progress(seen, workers, capfd):
    there = seen(lambda request: scripts.say("Hello")(request) if request.number else scripts.error(400, "no"))
    limits = serve_limits(total=40, prices=(1.0, 10.0), show=True)
    with limits as lease:
        threads, raised = run(workers(there, 2, limiter=lease), 10)
        join(threads)
        wait_until(lambda: limits.progress.counts["done"] >= 20)
        metrics = urllib.request.urlopen("http://%s:%d/metrics" % (lease.host, lease.port)).read().decode()
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen("http://%s:%d/" % (lease.host, lease.port))
    assert dict(line.split() for line in metrics.splitlines() if line[0] != "#").items() >= {
        "dosai_map_done_rows_total": "20", "dosai_map_failed_rows_total": "1", "dosai_map_rows": "40",
        "dosai_map_prompt_tokens_total": str(19 * 12), "dosai_map_completion_tokens_total": str(19 * 9)}.items()
    assert limits.progress.cost() == pytest.approx((19 * 12 + 19 * 9 * 10) / 1e6) and not raised
    last = capfd.readouterr().err.splitlines()[-1]
    assert " 50 % |############            | 20 of 40 rows, 1 failed" in last and " left" in last and "cost 0.00" in last
    assert json.dumps(limits.progress.counts)


def test_progress_counts_what_is_not_sent(seen, workers, tmp_path):
    there = seen()
    given = [*rows(5), {"id": "poison", "prompt": 7}]
    one, = workers(there, 1, journal=str(tmp_path))
    list(one.rows(given, **COLUMNS))
    limits = serve_limits()
    with limits as lease:
        one, = workers(there, 1, journal=str(tmp_path), limiter=lease)
        list(one.rows(given, **COLUMNS))
        wait_until(lambda: limits.progress.counts["done"] >= 6)
    counts = limits.progress.counts
    assert (counts["done"], counts["replayed"], counts["failed"]) == (6, 5, 1) and len(there.times) == 5
