"""How late the machine itself is, as in Tests/ABI/machine.h: what bounds a time from above allows for it.

    started = time.monotonic(); ...; assert time.monotonic() - started < 1 + allowance(started)

A thread that only sleeps keeps how late it was woken, and how long anyone had to wait for a processor, as the kernel counts it.
The server's threads and a test's share one interpreter, which may make them late too.
"""
import bisect, os, threading, time

SLEEP, PUNCTUAL = 0.002, 0.0035  # seconds: what it sleeps, and what from one wake to the next is nobody's fault
times, totals, woken = [0.0], [0.0], time.monotonic()


try:
    counted = os.open("/proc/pressure/cpu", os.O_RDONLY | os.O_CLOEXEC)  # kept: a test may leave no descriptor free
except OSError:
    counted = -1


def pressure():
    """Seconds in which someone waited for a processor; 0 where the kernel does not say."""
    return int(os.pread(counted, 200, 0).partition(b"\n")[0].rpartition(b"total=")[2]) / 1e6 if counted >= 0 else 0


def sleep():
    global woken
    pressed = pressure()
    while True:
        time.sleep(SLEEP)
        now = time.monotonic()
        before, pressed = pressed, pressure()
        if now - woken > PUNCTUAL or pressed > before:
            totals.append(totals[-1] + max(0, now - woken - PUNCTUAL) + pressed - before)
            times.append(now)
        woken = now


def total_at(moment):
    return totals[bisect.bisect_right(times, moment) - 1]


def allowance(since, until=None):
    """So many seconds later may something end that began then."""
    sleeping = 0 if until else max(0, time.monotonic() - woken - PUNCTUAL)
    return total_at(until or woken) - total_at(since) + sleeping


threading.Thread(target=sleep, daemon=True).start()
