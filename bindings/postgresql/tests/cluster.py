"""A private PostgreSQL in a temporary folder, run by a user without rights, with the extension installed into a copy of
PostgreSQL's own tree: nothing of the system is changed.

    cluster.py FILE.sql     runs the file in a new one, with DOSAI_BASE_URL as the server
"""
import contextlib, glob, os, pathlib, pwd, shutil, signal, subprocess, sys, tempfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
SYSTEM = pathlib.Path(max(glob.glob("/usr/lib/postgresql/*/bin/postgres"), default="/none"))
PROGRAMS = ("postgres", "initdb", "pg_ctl")  # they find their files beside where they really are
WHO = "nobody"


def install(folder):
    """The tree of PostgreSQL, as links, and in it the extension by its own `make install`."""
    binaries = SYSTEM.parent
    for name in (binaries, binaries.parent / "lib", pathlib.Path("/usr/share/postgresql") / binaries.parent.name):
        shutil.copytree(name, folder / name.relative_to("/"), copy_function=os.symlink)
    for name in PROGRAMS:
        (folder / binaries.relative_to("/") / name).unlink()
        shutil.copy(binaries / name, folder / binaries.relative_to("/") / name)
    make = shutil.which("make", path="/usr/bin:/usr/local/bin")  # the docs' tests have one of their own in PATH
    subprocess.run([make, "-s", "-C", ROOT / "build/postgresql", "-f", ROOT / "bindings/postgresql/Makefile",
                    "install", "VPATH=%s" % (ROOT / "bindings/postgresql"), "DESTDIR=%s" % folder, "with_llvm=no", "DOSAI_CFLAGS=-I%s/include" % ROOT, "DOSAI_LIBS=-L%s/build/lib -ldosai" % ROOT,
                    "PG_CONFIG=%s" % (binaries / "pg_config")],
                   check=True, stdout=subprocess.DEVNULL, env={key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "MFLAGS"))})
    shutil.copy(ROOT / "build/lib/libdosai.so.0", folder)
    return folder / binaries.relative_to("/")


class Cluster:
    def __init__(self, settings="", shim=None):
        self.settings, self.shim = settings, shim  # a library that is loaded before all others

    def __enter__(self):
        self.stack = contextlib.ExitStack()
        self.folder = pathlib.Path(self.stack.enter_context(tempfile.TemporaryDirectory(prefix="dosai-postgresql-")))
        self.folder.chmod(0o755)
        self.bin = install(self.folder)
        self.data = self.folder / "data"
        self.key_file = self.folder / "key"
        self.key_file.write_text("sk-secret\n")
        self.key_file.chmod(0o640)
        self.data.mkdir()
        if os.getuid() == 0:
            for path in (self.data, self.key_file):
                shutil.chown(path, WHO)
        self.environment = {**os.environ, "LD_LIBRARY_PATH": str(self.folder), "PGHOST": str(self.data), "PGUSER": "admin",
                            "PGDATABASE": "postgres", "LC_ALL": "C.UTF-8", "PGOPTIONS": ""}
        self.run("initdb", "-D", self.data, "-U", "admin", "-A", "trust", "--no-sync", "-E", "UTF8")
        with open(self.data / "postgresql.conf", "a") as file:
            file.write("listen_addresses = ''\nunix_socket_directories = '%s'\nfsync = off\nstatement_timeout = '20s'\ndosai.key_file = '%s'\n%s\n"
                       % (self.data, self.key_file, self.settings))
        self.environment["LD_PRELOAD"] = shutil.copy(self.shim, self.folder) if self.shim else ""
        self.stack.callback(self.stop)
        self.run("pg_ctl", "-D", self.data, "-l", self.data / "log", "-w", "start")
        self.environment["LD_PRELOAD"] = ""
        if wrong := self.sql("CREATE EXTENSION dosai"):
            raise RuntimeError(wrong)
        return self

    def __exit__(self, *_):
        self.stack.close()

    def run(self, program, *arguments):
        """As another user, if this one is root: PostgreSQL will have it so."""
        user = {"user": pwd.getpwnam(WHO).pw_uid, "group": pwd.getpwnam(WHO).pw_gid, "extra_groups": []} if os.getuid() == 0 else {}
        ran = subprocess.run([self.bin / program, *map(str, arguments)], env=self.environment, cwd=self.data, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, **user)
        if ran.returncode:
            log = self.data / "log"
            raise RuntimeError("%s: %s%s" % (program, ran.stdout, log.read_text()[-2000:] if log.exists() else ""))

    def stop(self):
        if (self.data / "postmaster.pid").exists():
            self.run("pg_ctl", "-D", self.data, "-w", "-m", "immediate", "stop")

    def postmaster(self):
        return int((self.data / "postmaster.pid").read_text().split()[0])

    def psql(self, *arguments, **more):
        """psql, begun."""
        return subprocess.Popen([self.bin / "psql", "-X", "-q", "-A", "-t", "-v", "VERBOSITY=verbose", *map(str, arguments)], env=self.environment,
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler), **more)

    def sql(self, text, user="admin", verbosity="verbose"):
        """What the statements print, errors too."""
        process = self.psql("-U", user, "-v", "VERBOSITY=" + verbosity)
        return process.communicate(text, timeout=120)[0].strip()


def main(path):
    with Cluster("dosai.base_url = '%s'" % os.environ["DOSAI_BASE_URL"]) as cluster:
        sys.stdout.write(cluster.sql(pathlib.Path(path).read_text(), verbosity="default") + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
