"""The tool as a person has it, in a pseudoterminal, and as a script has it, with pipes."""
import fcntl, os, pathlib, pty, re, select, signal, struct, subprocess, sys, termios, time

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOL = ROOT / "build/bin/dosai"
SECONDS = 300  # until something must have come
sys.path.insert(0, str(ROOT / "Tests/Support"))

IS_EDITED = "libedit" in subprocess.run(["ldd", str(TOOL)], capture_output=True, text=True).stdout


def environment(base_url, home, **more):
    """What the tool reads, and nothing of the tester's own; None takes a variable away."""
    values = dict({"PATH": os.environ["PATH"], "HOME": str(home), "TERM": "xterm", "LC_ALL": "C.UTF-8",
                   "DOSAI_BASE_URL": base_url, "DOSAI_API_KEY": os.environ.get("DOSAI_API_KEY", "sk-test")}, **more)
    return {key: str(value) for key, value in values.items() if value is not None}


def run(*arguments, said="", env, timeout=SECONDS):
    return subprocess.run([str(TOOL), *map(str, arguments)], input=said, env=env, capture_output=True, text=True,
                          timeout=timeout)


def catches(pid, number):
    with open("/proc/%d/status" % pid) as status:
        caught = next(line for line in status if line.startswith("SigCgt"))
    return int(caught.split()[1], 16) >> number - 1 & 1


def take_terminal():
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # the tests may run under nohup


class Terminal:
    """A program in a terminal of its own; `shown` is all that it wrote."""

    def __init__(self, *command, env, stdout=None, cwd=None):
        self.screen, inside = pty.openpty()
        fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 200, 0, 0))
        self.process = subprocess.Popen(list(map(str, command)), stdin=inside, stdout=stdout or inside, stderr=inside,
                                        env=env, cwd=cwd, start_new_session=True, preexec_fn=take_terminal)
        os.close(inside)
        self.shown, self.seen = "", 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.screen)

    def read(self, seconds):
        """0: nothing came; -1: nothing will."""
        if not select.select([self.screen], [], [], seconds)[0]:
            return 0
        try:
            data = os.read(self.screen, 65536)
        except OSError:
            return -1
        self.shown += data.decode("utf-8", "replace").replace("\r\n", "\n")
        return len(data)

    def expect(self, wanted, seconds=SECONDS):
        """Waits for the text, and gives what was shown up to its end since the last time."""
        deadline = time.monotonic() + seconds
        while wanted not in self.shown[self.seen:]:
            left = deadline - time.monotonic()
            assert left > 0 and self.read(left) >= 0, "no %r in %r" % (wanted, self.shown[self.seen:])
        end = self.shown.index(wanted, self.seen) + len(wanted)
        part, self.seen = self.shown[self.seen:end], end
        return part

    def send(self, keys):
        os.write(self.screen, keys.encode())

    def say(self, line):
        self.send(line + "\r")

    def is_raw(self):
        return not termios.tcgetattr(self.screen)[3] & termios.ICANON

    def signal(self, number=signal.SIGINT):
        self.process.send_signal(number)

    def end(self, seconds=SECONDS):
        """Waits until the program has ended, and gives its exit status."""
        deadline = time.monotonic() + seconds
        while self.read(max(0, deadline - time.monotonic())) > 0:
            pass
        return self.process.wait(max(0.1, deadline - time.monotonic()))


def colors(shown):
    """The escape sequences that set a colour or a weight."""
    return re.findall("\x1b\\[[0-9;]*m", shown)
