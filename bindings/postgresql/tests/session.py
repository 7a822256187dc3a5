"""One session of psql that stays open, and what its backend holds."""
import os, re


class Session:
    def __init__(self, cluster, user="admin"):
        self.process = cluster.psql("-U", user)
        self.backend = int(self.ask("SELECT pg_backend_pid()"))

    def begin(self, sql):
        self.process.stdin.write(sql + ";\n\\echo ~\n")
        self.process.stdin.flush()

    def end(self):
        """What the statements that were begun have printed."""
        lines = []
        for line in iter(self.process.stdout.readline, ""):
            if line == "~\n":
                return "".join(lines).strip()
            lines.append(line)
        raise EOFError("".join(lines))

    def ask(self, sql):
        self.begin(sql)
        return self.end()

    def holds(self):
        return held(self.backend)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def held(process):
    """How many threads it has, and the kinds of all that it has open, but for files, of which PostgreSQL keeps some."""
    folder = "/proc/%d/fd" % process
    links = (os.readlink(os.path.join(folder, name)) for name in os.listdir(folder))
    return len(os.listdir("/proc/%d/task" % process)), sorted(re.sub(r"\d+", "", link) for link in links if link[0] != "/")


def codes(output):
    """The SQLSTATEs of the errors in psql's output."""
    return re.findall(r"^ERROR:  (\w{5}):", output, flags=re.M)
