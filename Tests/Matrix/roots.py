"""Folders with the unpacked packages of a release of Debian: libcurl, jansson, the C library and all that they need.

They are fetched by apt, in a state of its own, from the mirrors of /etc/apt; apt checks what it gets. What was downloaded
stays in ${XDG_CACHE_HOME:-~/.cache}/dosai, and a root in build/matrix by the versions of its packages."""
import glob, hashlib, os, pathlib, re, shutil, subprocess, time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build/matrix"
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "dosai"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
SUITES = {  # by root: of the archive, of the security archive, and the one that is preferred
    "bookworm": (["bookworm"], ["bookworm-security"], None),
    "bookworm-backports": (["bookworm", "bookworm-backports"], ["bookworm-security"], "bookworm-backports"),
    "trixie": (["trixie"], ["trixie-security"], None),
    "sid": (["sid"], [], None),
}


class Failed(Exception):
    pass


def run(*command, **more):
    more = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more}
    ran = subprocess.run([str(word) for word in command], text=True, errors="replace", **more)
    if ran.returncode:
        raise Failed("%s: exit status %d\n%s%s" % (command[0], ran.returncode, ran.stdout, ran.stderr or ""))
    return ran.stdout


def mirror(kind):
    """The mirror that this machine takes for the archive `kind`, debian or debian-security."""
    text = ""
    for path in ["/etc/apt/sources.list", *sorted(glob.glob("/etc/apt/sources.list.d/*"))]:
        if os.path.exists(path):
            text += pathlib.Path(path).read_text() + "\n"
    found = re.search(r"^(?:deb |URIs:).*?(https?://\S+/%s)/?(?:\s|$)" % kind, text, re.M)
    if not found:
        raise Failed("/etc/apt has no mirror of " + kind)
    return found[1]


class Apt:
    """apt for one root: knows no package as installed, and has its lists and downloads to itself. It is of this machine's
    architecture, or of another; then it does without the security archive, which mirrors of Debian may not have for it."""

    def __init__(self, name, architecture=None, kind="deb"):
        archive, security, preferred = SUITES[name]
        self.home = CACHE / "apt" / "-".join([name, *([architecture] if architecture else []), *kind.split("-")[1:]])
        for folder in ("lists/partial", "archives/partial"):
            (self.home / folder).mkdir(parents=True, exist_ok=True)
        (self.home / "status").write_text("")
        lines = [(mirror("debian"), suite) for suite in archive]
        if not architecture:
            lines += [(mirror("debian-security"), suite) for suite in security]
        sources = ["%s [signed-by=%s] %s %s main\n" % (kind, KEYRING, *line) for line in lines]
        (self.home / "sources.list").write_text("".join(sources))
        settings = {"Dir::Etc::sourcelist": self.home / "sources.list", "Dir::Etc::sourceparts": "/dev/null",
                    "Dir::Etc::main": "/dev/null", "Dir::Etc::parts": "/dev/null", "Dir::Etc::preferences": "/dev/null",
                    "Dir::Etc::preferencesparts": "/dev/null", "Dir::State": self.home, "Dir::State::lists": self.home / "lists",
                    "Dir::State::status": self.home / "status", "Dir::Cache": self.home,
                    "APT::Install-Recommends": "false", "APT::Sandbox::User": "root", "APT::Update::Error-Mode": "any",
                    "Acquire::Languages": "none", "Acquire::Retries": "3"}
        if preferred:
            settings["APT::Default-Release"] = preferred
        if architecture:
            settings.update({"APT::Architecture": architecture, "APT::Architectures": architecture})
        self.options = [word for key, value in settings.items() for word in ("-o", "%s=%s" % (key, value))]

    def update(self, age=0):
        """Fetches the lists, unless that was done less than `age` seconds ago."""
        stamp = self.home / "updated"
        if not stamp.exists() or time.time() - stamp.stat().st_mtime >= age:
            self.get("update")
            stamp.touch()

    def get(self, *arguments, tool="apt-get", **more):
        return run(tool, *self.options, "-q=2", *arguments, **more)


def has_libcurl(apt, suite):
    return (suite + "/") in apt.get("madison", "libcurl4", tool="apt-cache")


def make(name):
    """The root of that name, and the version of its libcurl. None: there is none, for backports have no libcurl now."""
    apt = Apt(name)
    apt.update()
    if SUITES[name][2] and not has_libcurl(apt, SUITES[name][2]):
        return None, None
    wanted = ["libcurl4t64" if name in ("trixie", "sid") else "libcurl4", "libjansson4", "libc6", "openssl"]
    uris = apt.get("install", "-y", "--print-uris", *wanted).splitlines()
    packages = sorted(line.split()[1] for line in uris if line.startswith("'"))
    version = next(re.match(r"libcurl4\w*_(.+)_", package)[1] for package in packages if package.startswith("libcurl4"))
    key = hashlib.sha256("\n".join(packages).encode()).hexdigest()[:8]
    folder = BUILD / ("%s-%s-%s" % (name, version.replace("%3a", "_"), key))
    if not folder.exists():
        apt.get("install", "-y", "--download-only", *wanted)
        apt.get("download", "libcurl4-openssl-dev=" + version, cwd=apt.home / "archives")  # its headers alone
        unpack(apt.home / "archives", folder)
        (folder / "packages").write_text("".join(package + "\n" for package in packages))
        for old in BUILD.glob(name + "-[0-9]*"):
            if old != folder:
                shutil.rmtree(old)
    return folder, version


def unpack(archives, folder):
    new = folder.with_suffix(".new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    for archive in sorted(archives.glob("*.deb")):
        run("dpkg", "-x", archive, new)
        archive.unlink()
    new.rename(folder)
