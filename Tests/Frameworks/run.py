#!/usr/bin/env python3
"""Real frameworks with dosai.openai, each beside openai-python as the control; the table is in
docs/how-to/python-frameworks.md.

    run.py [--write] [FRAMEWORK]...    all frameworks unless named; --write: into the page

A case passes if it does what it should with both, gives the same, sends the same, and sent it over libdosai.
"""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PLACE = ROOT / "build/frameworks"
PAGE = ROOT / "docs/how-to/python-frameworks.md"
UV = "uv==0.13.9"
CASES = ("sync", "stream", "async", "async stream", "tools", "async tools", "structured", "async structured", "error")
NEW, OLD = "openai-3", "openai-2"  # two environments: their pins of openai differ
FRAMEWORKS = {  # the module of its cases, its package, and its environment
    "langchain": ("langchain-openai", NEW), "instructor": ("instructor", NEW), "agents": ("openai-agents", NEW),
    "pydantic_ai": ("pydantic-ai-slim", NEW), "smolagents": ("smolagents", NEW), "autogen": ("autogen-ext", NEW),
    "llama_index": ("llama-index-llms-openai", OLD), "haystack": ("haystack-ai", NEW),
    "semantic_kernel": ("semantic-kernel", NEW), "outlines": ("outlines", NEW), "guidance": ("guidance", NEW),
    "ragas": ("ragas", OLD), "litellm": ("litellm", NEW), "llm_tool": ("llm", NEW), "magentic": ("magentic", NEW),
    "mirascope": ("mirascope", OLD), "langsmith": ("langsmith", NEW),
    "opentelemetry": ("opentelemetry-instrumentation-openai-v2", NEW),
    "openinference": ("openinference-instrumentation-openai", NEW),
    "traceloop": ("opentelemetry-instrumentation-openai", NEW),
}
QUIET = {  # no framework reports home
    "ANONYMIZED_TELEMETRY": "False", "DO_NOT_TRACK": "1", "HAYSTACK_TELEMETRY_ENABLED": "False", "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1", "LANGSMITH_TRACING": "false", "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_TELEMETRY": "False", "OPENAI_AGENTS_DISABLE_TRACING": "1", "RAGAS_DO_NOT_TRACK": "true",
    "TRACELOOP_TELEMETRY": "false",
}


def call(*command, **options):
    subprocess.run([str(word) for word in command], check=True, **options)


def uv():
    """It installs in a tenth of pip's time."""
    if not (PLACE / "uv" / UV).exists():
        call(sys.executable, "-m", "venv", "--clear", PLACE / "uv")
        call(PLACE / "uv/bin/pip", "install", "--quiet", "--disable-pip-version-check", UV)
        (PLACE / "uv" / UV).touch()
    return PLACE / "uv/bin/uv"


def fill(place, *wanted):
    """A new environment, with what uv is told to install."""
    call(uv(), "venv", "--quiet", "--clear", "--python", sys.executable, place)
    call(uv(), "pip", "install", "--quiet", "--python", place / "bin/python", *wanted)


def install(name):
    """The environment, unless it is there with these versions."""
    pins = HERE / (name + ".txt")
    ready = PLACE / name / ("ready-" + hashlib.sha256(pins.read_bytes()).hexdigest()[:12])
    if not ready.exists():
        fill(PLACE / name, "--requirements", pins)
        ready.touch()


def version(package, environment):
    return re.search(r"^%s==(\S+)" % package, (HERE / (environment + ".txt")).read_text(), re.M)[1]


def run(name):
    """The framework's row of the table, and what went wrong."""
    package, environment = FRAMEWORKS[name]
    keep = {key: value for key, value in os.environ.items()
            if not key.startswith(("DOSAI_", "OPENAI_", "PYTHON")) and "proxy" not in key.lower()}
    keep.update(QUIET, PYTHONPYCACHEPREFIX=str(PLACE / "pycache"), HOME=str(PLACE / "home"))
    try:
        ran = subprocess.run([PLACE / environment / "bin/python", HERE / "child.py", name], env=keep, cwd=PLACE, text=True,
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=300)
    except subprocess.TimeoutExpired:
        return None, {name: "no end in 300 s"}
    try:
        seen = json.loads(ran.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        return None, {name: ran.stdout + ran.stderr}
    marks = ["✓" if case in seen["cases"] else "" for case in CASES]
    way = "`patch()`" if seen["patched"] else "handed in"
    row = "| %s | %s |" % (" | ".join([package, version(package, environment), way]), " | ".join(marks))
    return row, {"%s, %s" % (name, case): text for case, text in seen["wrong"].items()}


def table_of(rows):
    count = sum(row.count("✓") for row in rows)
    head = "| framework | version | client | %s |" % " | ".join(CASES)
    line = "|" + "---|" * (3 + len(CASES))
    return "\n".join(["%d cases of %d frameworks:" % (count, len(rows)), "", head, line, *rows]) + "\n"


def main():
    names = [word for word in sys.argv[1:] if word != "--write"] or list(FRAMEWORKS)
    for environment in sorted({FRAMEWORKS[name][1] for name in names}):
        install(environment)
    (PLACE / "home").mkdir(exist_ok=True)
    rows, wrong = [], {}
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as together:
        for name, (row, failures) in zip(names, together.map(run, names)):
            print("%s: %s" % (name, "failed" if failures else "%d cases" % row.count("✓")), flush=True)
            rows.append(row)
            wrong.update(failures)
    if wrong:
        sys.exit("\n".join("%s:\n%s" % pair for pair in wrong.items()))
    page = PAGE.read_text(encoding="utf-8")
    if "--write" in sys.argv:
        begin, end = "<!-- written by make frameworks -->\n", "<!-- the end of what is written -->\n"
        before, rest = page.split(begin)
        PAGE.write_text(before + begin + table_of(rows) + end + rest.split(end)[1], encoding="utf-8")
    elif missing := [row for row in rows if row + "\n" not in page]:
        sys.exit("%s does not have these rows: make frameworks\n%s" % (PAGE.relative_to(ROOT), "\n".join(missing)))
    print("frameworks: %d cases of %d frameworks" % (sum(row.count("✓") for row in rows), len(rows)))


if __name__ == "__main__":
    main()
