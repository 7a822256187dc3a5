"""How late the machine itself is, as in Tests/ABI/machine.h: what bounds a time from above allows for it.

    started = time.monotonic(); ...; assert time.monotonic() - started < 1 + allowance(started)

A thread that only sleeps keeps how late it was woken: the server's threads and a test's share one interpreter, which may
make them late, too. A process keeps how long the tests' process and those below it had to wait for a processor, as the
kernel counts it for each thread. The first process that imports this starts it, for all below it too.
"""
import atexit, bisect, mmap, os, signal, subprocess, sys, tempfile, threading, time

SLEEP, PUNCTUAL = 0.002, 0.0035  # seconds: what it sleeps, and what from one wake to the next is nobody's fault
LOOKS = 0.03  # seconds until the process looks again at who had to wait
PATIENCE = 30  # seconds
LATE = 0.05  # seconds: attempt() tries again if the machine was later
PLACE = "DOSAI_TEST_LATENESS"  # the name of a file: how many seconds someone had to wait, and up to when that is known
times, totals, woken = [0.0], [0.0], time.monotonic()


def attach(place):
    """The two numbers. Each is read and written at once: struct's pack_into would write zeros first, for others to see."""
    with open(place, "r+b") as opened:
        return memoryview(mmap.mmap(opened.fileno(), 16)).cast("d")


def read():
    return numbers[0], numbers[1]


def tell(waited, looked):
    numbers[0], numbers[1] = waited, looked


def sleep():
    global woken
    waited = read()[0]
    while True:
        time.sleep(SLEEP)
        now = time.monotonic()
        before, waited = waited, read()[0]
        if now - woken > PUNCTUAL or waited > before:
            totals.append(totals[-1] + max(0, now - woken - PUNCTUAL) + waited - before)
            times.append(now)
        woken = now


def allowance(since, until=None):
    """So many seconds later may something end that began then; until: by then, for a time that has passed."""
    now, looked = time.monotonic(), read()[1]
    begun = bisect.bisect_right(times, since) - 1
    end = bisect.bisect_left(times, until + 2 * LOOKS) if until else len(times)  # what was late then is known by then
    late = totals[min(end, len(times) - 1)] - totals[begun]
    if end < len(times):
        return late
    return late + max(0, now - woken - PUNCTUAL) + max(0, (until or now) - max(since, looked))  # what is not known yet


def patience(since):
    """So much longer may a test wait for what it then looks at. The allowance counts all who waited, and may be hours."""
    return min(allowance(since), PATIENCE)


def attempt(check, tries=4):
    """What check finds wrong; a failure is found, too. What a late machine may have caused is tried again."""
    for _ in range(tries):
        started = time.monotonic()
        try:
            found = check()
        except Exception as failure:
            found = ["%s: %s" % (type(failure).__name__, failure)]
        if not found or allowance(started) < LATE:
            break
    return found


def wait_until(condition, seconds=60):
    """For what comes some time: no test measures how long it takes."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it does not come"
        time.sleep(0.005)


# ---- the process

def waits_of(root):
    """By thread, the seconds that it has had to wait."""
    found, processes = {}, [root]
    for process in processes:
        try:
            threads = os.listdir("/proc/%d/task" % process)
        except OSError:
            continue
        for thread in threads:
            try:
                with open("/proc/%d/task/%s/schedstat" % (process, thread), "rb", 0) as file:
                    found[thread] = int(file.read().split()[1]) / 1e9
                with open("/proc/%d/task/%s/children" % (process, thread), "rb", 0) as file:
                    processes += [child for child in map(int, file.read().split()) if child != os.getpid()]
            except OSError:  # it has ended
                pass
    return found


def watch(root):
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it ends with the tests
    waited, known, looked = 0, waits_of(root), time.monotonic()
    while os.getppid() == root:
        tell(waited, looked)
        time.sleep(LOOKS)
        seen, looked = waits_of(root), time.monotonic()
        waited += sum(waits - known.get(thread, 0) for thread, waits in seen.items())  # each is counted when it is over
        known = seen


def start():
    file = tempfile.NamedTemporaryFile(prefix="dosai-lateness-")
    file.truncate(16)
    os.environ[PLACE] = file.name
    process = subprocess.Popen([sys.executable, "-S", "-E", __file__], stdin=subprocess.DEVNULL)
    atexit.register(lambda: (process.kill(), process.wait(), file.close()))


if __name__ != "__main__" and PLACE not in os.environ:
    start()
numbers = attach(os.environ[PLACE])
if __name__ == "__main__":
    watch(os.getppid())
else:
    while not read()[1]:
        time.sleep(SLEEP)
    threading.Thread(target=sleep, daemon=True).start()
