#!/usr/bin/env python3
"""Measures libdosai beside other clients, all against one loopback server in one run, and prints the tables of
docs/comparison.md. The others come from PyPI, each in an environment of its own under build/comparison.

    comparison.py [--write] [TABLE]...    tables: weight failures manners speed; --write: into docs/comparison.md
"""
import json
import os
import pathlib
import platform
import re
import subprocess
import sys

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "Tests/Support"))
from server import LoopbackServer

PLACE = ROOT / "build/comparison"
PACKAGES = {"openai-python": "openai==3.54.0", "litellm": "litellm==1.106.2", "liter-llm": "liter-llm==2.4.0"}
PYTHONS = ["dosai", *PACKAGES]
COLUMNS = {"dosai": "dosai, Python", **{name: name for name in PACKAGES}, "libdosai": "libdosai, C", "libcurl": "libcurl alone, C"}


# ---- the contenders

def install(name):
    """An environment of its own for the package, where there is none yet."""
    package, folder = PACKAGES[name], PLACE / name
    ready = folder / ("ready-" + package)
    if not ready.exists():
        print("installing " + package, file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        subprocess.run([folder / "bin/pip", "install", "--quiet", "--disable-pip-version-check", package], check=True)
        ready.touch()


def prepare():
    """An environment for each package, and the two C programs."""
    for name in PACKAGES:
        install(name)
    for name, library, more in (("libcurl", "curl", []), ("libdosai", "dosai", [
            "-I" + str(ROOT / "include"), "-L" + str(ROOT / "build/lib"), "-Wl,-rpath," + str(ROOT / "build/lib")])):
        subprocess.run(["cc", "-O2", HERE / ("comparison_%s.c" % library), "-o", PLACE / name, *more, "-l" + library], check=True)


def python_of(name):
    return str(PLACE / name / "bin/python") if name in PACKAGES else sys.executable


def environment(server=None):
    keep = {key: value for key, value in os.environ.items() if not key.startswith(("DOSAI_", "OPENAI_", "LITELLM_"))}
    keep.update(PYTHONPATH=str(ROOT / "bindings/python"), LITELLM_LOCAL_MODEL_COST_MAP="True", LITELLM_TELEMETRY="False")
    if server:
        keep["SSL_CERT_FILE"] = server.ca
    return keep


def run(server, name, calls):
    """What the client saw of each call, a URL and options. "ok" is None where the call did not end."""
    if name in ("libcurl", "libdosai"):
        return [run_program(server, name, url, str(options.get("timeout", 5))) for url, options in calls]
    seen = []
    while len(seen) < len(calls):
        lines = []
        for url, options in calls[len(seen):]:
            options = {**options, "ca": server.ca} if url.startswith("https") else options
            lines.append(" ".join([url, *("%s=%s" % pair for pair in options.items())]) + "\n")
        ran = subprocess.run([python_of(name), str(HERE / "comparison_client.py"), name], input="".join(lines),
                             env=environment(server), capture_output=True, text=True, timeout=300)
        got = [json.loads(line) for line in ran.stdout.splitlines() if line.startswith("{")]
        if not got:
            raise SystemExit("%s\n%s" % (name, ran.stderr))
        seen += got
    return seen


def run_program(server, name, url, timeout):
    command = [str(PLACE / name), url, timeout, *([server.ca] if url.startswith("https") else [])]
    try:
        return json.loads(subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=6).stdout)
    except subprocess.TimeoutExpired:
        return {"ok": None}


# ---- tables: rows of (what, {contender: value})

def weight(server):
    def packages(name):
        folder = next((PLACE / name / "lib").glob("python3*/site-packages"))
        outside = {"pip", "setuptools"}
        return sum(path.suffix == ".dist-info" and path.name.split("-")[0] not in outside for path in folder.iterdir()) - 1

    return [("additional packages from PyPI", {name: str(packages(name) if name in PACKAGES else 0) for name in PYTHONS}),
            ("shared libraries that it needs, besides libc", {"libdosai": "libcurl, jansson", "dosai": "libcurl, jansson", "libcurl": "libcurl",
                                                         **{name: "bundled" for name in PACKAGES}})]


FAILURES = [  # script, transport, what the server does
    ("clean-no-done", "plain", "ends the stream without a finish reason and without `[DONE]`"),
    ("eof-body", "plain", "closes the connection in mid-answer; the body has no length"),
    ("mid-fin-chunked", "plain", "closes the connection in mid-answer; the body is chunked"),
    ("mid-rst", "plain", "resets the connection in mid-answer"),
    ("tls-trunc", "tls", "cuts TLS in mid-answer, without its closing notice"),
    ("stall-mid", "plain", "falls silent in mid-answer"),
    ("chunk-comments", "plain", "sends nothing but keep-alive comments in mid-answer"),
    ("mid-error", "plain", "sends `{\"error\": {...}}` in mid-answer"),
    ("mid-error-text", "plain", "sends `{\"error\": \"text\"}` in mid-answer"),
    ("mid-error-event", "plain", "sends `event: error` with a flat object"),
    ("error-200", "plain", "answers 200 with an error in JSON"),
    ("whole-html", "plain", "answers 200 with a page of HTML"),
    ("mid-garbage", "plain", "sends an event that is not JSON"),
    ("hello", "plain", "answers correctly"),
]


def failures(server):
    rows, taken = [(what, {}) for _, _, what in FAILURES], {}
    for name in COLUMNS:
        calls = [(server.base("hello", "tls"), {"timeout": 2, "retries": 0})]
        calls += [(server.base("%s~%s" % (script, name), transport), {"timeout": 1, "retries": 0})
                  for script, transport, _ in FAILURES]
        trusts, *seen = run(server, name, calls)
        for (script, transport, _), (_, row), result in zip(FAILURES, rows, seen):
            if transport == "tls" and not trusts["ok"]:
                row[name] = "not tried"  # it does not take the test's authority
            elif result["ok"] is None:
                row[name] = "waits on"
            else:
                wrong = result["ok"] != (script == "hello")
                row[name] = ("**%s**" if wrong else "%s") % ("success" if result["ok"] else "failure")
    rows.append(("reported as failures, of %d" % (len(FAILURES) - 1), {
        name: str(sum(row[name] == "failure" for _, row in rows[:-1])) for name in COLUMNS}))
    return rows


def manners(server):
    """What reaches the server, and others: each client with its own defaults."""
    names = [name for name in COLUMNS if name != "libdosai"]  # it is the same as from Python
    titles = ["requests if the server always answers 503", "requests if the stream breaks after some text",
              "a redirect to another origin is followed", "the conversation is sent there", "`Authorization` is sent there",
              "a key in its own header, `api-key`, is sent there"]
    rows = [(title, {}) for title in titles]
    yes = lambda value: "yes" if value else "no"
    with LoopbackServer() as other:
        server.put("away", {"status": 307, "text": "", "headers": {"Location": other.base("hello") + "/chat/completions"}})
        for name in names:
            other.reset("hello")
            tags = ["%s~manners-%s" % (script, name) for script in ("error-503", "mid-rst", "away")]
            run(server, name, list(zip(map(server.base, tags), ({}, {}, {"retries": 0, "key_header": "api-key"}))))
            there = other.stats("hello")
            headers = {key.lower(): value for key, value in there["last_headers"]}
            found = [str(server.stats(tag)["requests"]) for tag in tags[:2]]
            found += map(yes, (there["requests"], "a private question" in there["last_body"],
                               "sk-canary" in headers.get("authorization", ""), "sk-canary" in headers.get("api-key", "")))
            for (_, row), value in zip(rows, found):
                row[name] = value
    return rows


TABLES = {"weight": weight, "failures": failures, "manners": manners}


def table(rows):
    used = [name for name in COLUMNS if any(name in values for _, values in rows)]
    lines = ["| | " + " | ".join(COLUMNS[name] for name in used) + " |", "|---|" + "---|" * len(used)]
    lines += ["| %s | %s |" % (what, " | ".join(values.get(name, "") for name in used)) for what, values in rows]
    return "\n".join(lines) + "\n"


def main():
    words = [word for word in sys.argv[1:] if word != "--write"]
    prepare()
    page = ROOT / "docs/comparison.md"
    text = page.read_text(encoding="utf-8") if page.exists() else ""
    with LoopbackServer() as server:
        for name in words or TABLES:
            made = table(TABLES[name](server))
            print("%s\n\n%s" % (name, made), flush=True)
            text = re.sub(r"(<!-- table: %s -->\n).*?(<!-- end -->)" % name, lambda match: match[1] + made + match[2], text, flags=re.S)
    print("Python %s, %s; %s" % (platform.python_version(), platform.machine(), ", ".join(PACKAGES.values())))
    if "--write" in sys.argv:
        page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
