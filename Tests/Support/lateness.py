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


def allowance(since, until=None):
    """So many seconds later may something end that began then; until: by then, for a time that has passed."""
    begun = bisect.bisect_right(times, since) - 1
    end = bisect.bisect_left(times, until) if until else len(times)  # what is late now is counted at the next wake
    sleeping = max(0, time.monotonic() - woken - PUNCTUAL) if end == len(times) else 0
    return totals[min(end, len(times) - 1)] - totals[begun] + sleeping


threading.Thread(target=sleep, daemon=True).start()
