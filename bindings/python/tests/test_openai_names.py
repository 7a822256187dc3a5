"""dosai.openai has every name of openai-python, so that programs need not change more than their import."""

import json
import os
import pathlib
import re
import subprocess
import sys
from unittest import mock

import pytest

openai = pytest.importorskip("openai")
import dosai.openai as ours  # noqa: E402

OURS = {"AsyncAzureOpenAI", "AsyncClient", "AsyncOpenAI", "AzureOpenAI", "Client", "OpenAI", "Report", "chat", "patch",
        "unpatch"}
PUBLIC = [name for name in dir(openai) if not name.startswith("_")]


def test_dir():
    assert set(PUBLIC) <= set(dir(ours)) and set(openai.__all__) <= set(ours.__all__)
    assert set(dir(ours)) - set(dir(openai)) == {"Report", "patch", "unpatch"}


@pytest.mark.parametrize("name", PUBLIC)
def test_a_name(name):
    found = getattr(ours, name)
    assert name in OURS or found is getattr(openai, name)


def test_what_a_program_sets(monkeypatch):
    before = openai.api_key
    with mock.patch.object(ours, "api_key", "sk-one"):
        assert openai.api_key == ours.api_key == "sk-one"
    monkeypatch.setattr(ours, "api_key", "sk-two")
    assert openai.api_key == "sk-two"
    monkeypatch.undo()
    assert openai.api_key is ours.api_key is before


def test_no_other_name():
    with pytest.raises(AttributeError, match="nothing"):
        ours.nothing
    with pytest.raises(ModuleNotFoundError, match="is not a package"):
        import dosai.openai.types  # noqa: F401  (openai-python's modules would be there twice)


PROGRAMS = {
    "star": "from openai import *; import openai; assert OpenAI is openai.OpenAI; print(say(OpenAI()))",
    "class": "from openai import OpenAI; print(say(OpenAI()))",
    "alias": "import openai; print(say(openai.Client()))",
    "types": "from openai.types.chat import ChatCompletion; import openai; c = openai.OpenAI().chat.completions.create(**ASK)\n"
             "assert type(c) is ChatCompletion is openai.types.chat.ChatCompletion; print(c.choices[0].message.content)",
    "unloaded": "import openai.lib.streaming.chat; from openai.resources.chat.completions import Completions; import openai\n"
                "assert isinstance(openai.OpenAI().chat.completions, Completions); print(say(openai.OpenAI()))",
    "errors": "import openai\ntry: say(openai.OpenAI(base_url=BASE.replace('hello', 'error-401')))\n"
              "except openai.AuthenticationError as e: assert isinstance(e, openai.APIStatusError); print(TEXT)",
    "module": "import os, openai; del os.environ['OPENAI_API_KEY'], os.environ['OPENAI_BASE_URL']\n"
              "openai.api_key = 'sk-module'; openai.base_url = BASE; print(say(openai))",
    "async": "import asyncio; from openai import AsyncOpenAI\nasync def main():\n  async with AsyncOpenAI() as c:\n"
             "    print((await c.chat.completions.create(**ASK)).choices[0].message.content)\nasyncio.run(main())",
    "stream": "from openai import OpenAI, Stream; s = OpenAI().chat.completions.create(**ASK, stream=True)\n"
              "assert isinstance(s, Stream); print(''.join(c.choices[0].delta.content or '' for c in s if c.choices))",
    "given": "from openai import NOT_GIVEN, OpenAI, omit; print(say(OpenAI(), temperature=NOT_GIVEN, seed=omit))",
    "raw": "import openai; print(openai.OpenAI().chat.completions.with_raw_response.create(**ASK).parse().choices[0].message.content)",
    "mock": "from unittest import mock; import openai\nwith mock.patch('openai.OpenAI') as kind:\n"
            "  kind.return_value.chat.completions.create.return_value.choices = [1]; assert openai.OpenAI().chat.completions\n"
            "print(say(openai.OpenAI()))",
}
RUN = """
import json, os, sys, traceback, openai, dosai.openai
if sys.argv[1] == "dosai": sys.modules["openai"] = openai = dosai.openai
ASK = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
TEXT = "Hello! How can I help you today?"
def say(client, **more): return client.chat.completions.create(**ASK, **more).choices[0].message.content
openai.OpenAI(api_key="k", base_url="http://127.0.0.1:1").chat.completions  # imported once for all
for name, [base, program] in json.load(sys.stdin).items():
    if os.fork() == 0:
        os.environ["OPENAI_BASE_URL"] = base
        try:
            exec(program, {"ASK": ASK, "TEXT": TEXT, "BASE": base, "say": say})
        except BaseException:
            traceback.print_exc(file=sys.stdout)
        sys.stdout.flush()
        os._exit(0)
    os.wait()
    print("==", flush=True)
"""


def run(library, programs):
    """What each of them says."""
    environment = dict(os.environ, OPENAI_API_KEY="sk-test", PYTHONPATH=str(pathlib.Path(ours.__file__).resolve().parents[1]))
    ran = subprocess.run([sys.executable, "-c", RUN, library], input=json.dumps(programs), env=environment,
                         capture_output=True, text=True, timeout=300)
    said = ran.stdout.split("==\n")
    assert len(said) == len(programs) + 1, ran.stderr
    return dict(zip(programs, said))


@pytest.mark.parametrize("library", ["openai", "dosai"])
def test_programs_in_its_place(server, library):
    """What programs say that know only the name `openai`; and their chat goes over libdosai."""
    scripts = {name: "hello~%s-%s" % (name.replace(" ", "-"), library) for name in PROGRAMS}
    programs = {name: [server.base(scripts[name]), PROGRAMS[name]] for name in PROGRAMS}
    assert run(library, programs) == dict.fromkeys(PROGRAMS, "Hello! How can I help you today?\n")
    for name in PROGRAMS.keys() - {"errors"}:
        headers = {key.lower(): value for key, value in server.stats(scripts[name])["last_headers"]}
        assert headers["user-agent"].startswith("dosai/") == (library == "dosai"), name


def sections(text):
    """{name: (script, program)} of "== name @script" and the lines below it."""
    found = {}
    for section in re.split("^== ", text, flags=re.M)[1:]:
        title, _, program = section.partition("\n")
        name, _, script = title.partition(" @")
        found[name] = script or "hello", program
    return found


@pytest.mark.skipif(sys.version_info < (3, 10), reason="the programs are of an openai-python that needs 3.10")
def test_more_programs_in_its_place(server):
    """They say the same as with openai-python."""
    programs = sections(pathlib.Path(__file__).with_name("openai_programs.txt").read_text())
    assert len(programs) + len(PROGRAMS) >= 87
    said = {library: run(library, {name: [server.base(script), code] for name, (script, code) in programs.items()})
            for library in ("openai", "dosai")}
    assert "Traceback" not in "".join(said["openai"].values())
    assert said["dosai"] == said["openai"] and all(said["openai"].values())
