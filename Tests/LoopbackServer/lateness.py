"""How late the machine itself is, as in Tests/Conformance/machine.h: what bounds a time from above allows for it.

    started = time.monotonic(); ...; assert time.monotonic() - started < 1 + allowance(started)

A thread that only sleeps keeps how late it was woken. The server's threads and a test's share one interpreter, which may make
them late too.
"""
import bisect, threading, time

SLEEP, PUNCTUAL = 0.002, 0.0035  # seconds: what it sleeps, and what from one wake to the next is nobody's fault
WORKS = 3  # what has work to do waits longer for its turn than what only sleeps
times, totals, woken = [0.0], [0.0], time.monotonic()


def sleep():
    global woken
    while True:
        time.sleep(SLEEP)
        now = time.monotonic()
        if now - woken > PUNCTUAL:
            totals.append(totals[-1] + now - woken - PUNCTUAL)
            times.append(now)
        woken = now


def total_at(moment):
    return totals[bisect.bisect_right(times, moment) - 1]


def allowance(since, until=None):
    """So many seconds later may something end that began then."""
    sleeping = 0 if until else max(0, time.monotonic() - woken - PUNCTUAL)
    return WORKS * (total_at(until or woken) - total_at(since) + sleeping)


threading.Thread(target=sleep, daemon=True).start()
