"""Builds and runs the programs of one page, in a folder that looks like the root of a clone."""
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

from pages import ROOT

sys.path.insert(0, str(ROOT / "Tests/Support"))
TIMEOUT = 600  # seconds, for one program
WARNINGS = "-Wall -Wextra -Wpedantic -Werror -pthread"
COMPILERS = {"c": ("cc", "-std=gnu11"), "cpp": ("c++", "-std=c++17")}
SUFFIX = {"c": ".c", "cpp": ".cpp", "csharp": ".cs", "go": ".go", "java": ".java", "kotlin": ".kt", "python": ".py", "javascript": ".mjs", "sh": ".sh", "lua": ".lua", "php": ".php", "ruby": ".rb", "rust": ".rs", "erlang": ".escript", "elixir": ".exs", "sql": ".sql", "swift": ".swift"}
INTERPRETER = {"go": str(ROOT / "scripts/go") + " run", "java": str(ROOT / "scripts/java") + " main", "kotlin": str(ROOT / "scripts/java") + " main", "python": str(ROOT / "build/venv/bin/python"), "javascript": str(ROOT / "build/node/node"), "lua": "luajit", "php": "php -d auto_prepend_file=%s" % (ROOT / "bindings/php/autoload.php"), "ruby": "ruby", "sh": "sh -eu", "erlang": "escript", "elixir": "elixir", "sql": "python3 %s" % (ROOT / "bindings/postgresql/tests/cluster.py")}
# By the compiler that make has built the crate with.
RUSTC = "PATH=/usr/bin:$PATH rustc --edition=2021 -D warnings %s -o %s --extern dosai=build/rust/release/libdosai.rlib " \
    "-L dependency=build/rust/release/deps -L native=build/lib"
MCS = "mcs -warnaserror -r:build/csharp/Dosai.dll -out:%s %s"
# With what make has built of the package.
SWIFTC = "swiftc -swift-version 6 -warnings-as-errors -I build/swift/release/Modules -I bindings/swift/Sources/CLibdosai -I include %s -o %s " \
    "build/swift/release/Dosai.build/*.o -L build/lib"

# What a part of a program may use without having made it.
C_HEAD = """#include <dosai.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wunused-function"
static int32_t show(const dosai_chunk *chunk, void *user_data) {
  if (chunk->kind == DOSAI_CHUNK_CONTENT) fwrite(chunk->text, 1, chunk->text_length, stdout);
  return 0;
}
"""
C_PART = """static dosai_status part(dosai_client *client, dosai_request *request, dosai_client_options options,
  dosai_call_options call, dosai_status status, dosai_completion *completion, dosai_stream *stream, dosai_error *error) {
#line %d "%s"
%s
  dosai_error_free(error); dosai_completion_free(completion); dosai_stream_free(stream);
  return status;
}
int main(void) {
  dosai_client *client = NULL; dosai_request *request = NULL; dosai_client_options options; dosai_call_options call;
  dosai_client_options_init(&options, sizeof options); dosai_call_options_init(&call, sizeof call);
  dosai_client_new(NULL, &client, NULL);
  dosai_request_new("dos-ai", DOSAI_NUL_TERMINATED, &request, NULL);
  dosai_request_add_message(request, "user", "Hello!", DOSAI_NUL_TERMINATED, NULL);
  dosai_status status = part(client, request, options, call, DOSAI_OK, NULL, NULL, NULL);
  dosai_request_free(request); dosai_client_free(client);
  return status != DOSAI_OK;
}
"""
CPP_HEAD = "#include <dosai.hpp>\n#include <cstdlib>\n#include <iostream>\n"
CPP_PART = """int main() {
  dosai::Client client; dosai::Request request("dos-ai"); request.add_message("user", "Hello!");
#line %d "%s"
%s}
"""
GO_MODULE = """module hello

go 1.24

require dosai.ai/dosai v0.0.0

replace dosai.ai/dosai => ./bindings/go
"""
ERLANG_HEAD = "#!/usr/bin/env escript\n-mode(compile).\n"
PYTHON_HEAD = "import dosai; client = dosai.Client(); messages = [{'role': 'user', 'content': 'Hello!'}]\n"

# Commands whose work other tests do: here they only say whether what they are asked for is there.
STAND_INS = {
    "cc": 'exec %(cc)s "$@" %(objects)s', "c++": 'exec %(c++)s "$@" %(objects)s', "sudo": 'exec "$@"',
    "make": 'case "$*" in -*|*/*) ;; *) exec %(make)s -s -n -C %(root)s "$@" >/dev/null;; esac',
    "gem": 'test "$1" != build || test -f "$3"',
    "npm": 'test "$1" = install; shift; for each in "$@"; do test -f "$each/package.json"; done',
    "pip": 'test "$1" = install; shift; for each in "$@"; do test -f "$each/pyproject.toml"; done',
}


class Failed(Exception):
    pass


def which(name):
    for folder in os.environ["PATH"].split(":"):
        if os.access(os.path.join(folder, name), os.X_OK):
            return os.path.join(folder, name)
    raise Failed("%s is missing: apt-get install %s" % (name, {"cc": "gcc", "c++": "g++"}.get(name, name)))


def make_commands(folder):
    """The programs that come first in PATH."""
    folder = pathlib.Path(folder, "bin")
    folder.mkdir()
    wrap = folder / "at_loopback.o"
    subprocess.run(["cc", "-c", "-I", ROOT / "include", ROOT / "Tests/Docs/at_loopback.c", "-o", wrap], check=True)
    words = {name: shlex.quote(which(name)) for name in ("cc", "c++", "make")}
    words.update(root=shlex.quote(str(ROOT)), objects=shlex.quote(str(wrap)) + " -Wl,--wrap=dosai_client_new")
    for name, line in STAND_INS.items():
        (folder / name).write_text("#!/bin/sh -e\n" + line % words + "\n")
        (folder / name).chmod(0o755)
    (folder / "dosai").symlink_to(ROOT / "build/bin/dosai")
    return folder


class Page:
    def __init__(self, server, commands, page):
        self.server, self.page, self.count = server, page, 0
        self.folder = tempfile.TemporaryDirectory(prefix="dosai-docs-")
        self.here = pathlib.Path(self.folder.name)
        for entry in ROOT.iterdir():
            if entry.name[0] != ".":
                (self.here / entry.name).symlink_to(entry)
        (self.here / "node_modules").mkdir()
        (self.here / "node_modules/dosai").symlink_to(ROOT / "bindings/node")
        (self.here / "go.mod").write_text(GO_MODULE)
        self.environment = {key: value for key, value in os.environ.items()
                            if not key.startswith(("MAKE", "MFLAGS", "DOSAI_", "OPENAI_", "PYTHON"))}
        self.environment.update(
            PATH="%s:%s" % (commands, os.environ["PATH"]), DOSAI_API_KEY="sk-test", PYTHONPATH=str(ROOT / "bindings/python"), RUBYLIB=str(ROOT / "bindings/ruby/lib"),
            ERL_LIBS=str(ROOT / "build/erlang"),
            LUA_PATH="%(root)s/?.lua;%(root)s/?/init.lua;;" % {"root": ROOT / "bindings/luajit"},
            PYTHONDONTWRITEBYTECODE="1", LD_LIBRARY_PATH=str(ROOT / "build/lib"), NO_COLOR="1")

    def shell(self, command, block, wanted=0):
        self.count += 1
        script = "%s~docs-%s-%d" % (block.notes.get("server", "hello"), self.page.stem, self.count)
        environment = dict(self.environment, DOSAI_BASE_URL=self.server.base(script))
        try:
            ran = subprocess.run(command, shell=True, cwd=self.here, env=environment, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace",
                                 timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            raise Failed("%s: no end in %d s" % (block, TIMEOUT))
        if ran.returncode != wanted:
            raise Failed("%s: exit status %d, not %d\n%s%s" % (block, ran.returncode, wanted, ran.stdout, ran.stderr))
        return ran.stdout

    def do(self, block):
        """Compiles the block, and runs it where it can be. Gives what was done: "compiled", "run" or "skipped"."""
        name = block.notes.get("name", "hello" + SUFFIX[block.language])
        source, is_whole = self.source(block)
        (self.here / name).write_text(source, encoding="utf-8")
        if block.language in COMPILERS:
            program = "./" + name.rpartition(".")[0]
            only_check = is_whole is None
            self.shell("%s %s %s -Iinclude -Ibindings/cpp %s %s" % (
                *COMPILERS[block.language], WARNINGS, name,
                "-fsyntax-only" if only_check else "-o %s -Lbuild/lib -ldosai" % program), block)
            if only_check:
                return "compiled"
        elif block.language == "rust":
            program = "./" + name.rpartition(".")[0]
            self.shell(RUSTC % (name, program), block)
        elif block.language == "csharp":
            program = "MONO_PATH=build/csharp mono ./hello.exe"
            self.shell(MCS % ("hello.exe", name), block)
        elif block.language == "swift":
            program = "./" + name.rpartition(".")[0]
            self.shell(SWIFTC % (name, program), block)
        else:
            program = INTERPRETER[block.language] + " " + name
            which(program.split()[0])
            self.check_syntax(block, name)
        if block.skip:
            return "skipped"
        output = self.shell(program, block, int(block.notes.get("exit", 0)))
        if block.output is not None:
            compare(block, output)
        return "run"

    def check_syntax(self, block, name):
        if block.language in ("java", "kotlin") and not block.skip:
            return  # it is compiled to be run
        check = {"go": str(ROOT / "scripts/go") + " vet %s", "java": str(ROOT / "scripts/java") + " check %s", "kotlin": str(ROOT / "scripts/java") + " check %s", "python": "python3 -m py_compile %s", "javascript": INTERPRETER["javascript"] + " --check %s", "sh": "sh -n %s", "ruby": "ruby -c %s", "php": "php -l %s", "lua": "luajit -b %s -", "erlang": "escript -s %s", "elixir": "elixir -e 'Code.string_to_quoted!(File.read!(\"%s\"))'", "sql": "test -s %s"}
        self.shell(check[block.language] % name + " >/dev/null", block)

    def source(self, block):
        """The block as a program, and whether it is one by itself; None: it is only to be compiled."""
        code, where = block.code, '#line %d "%s"\n' % (block.line, block.page.name)
        if block.language == "python" and not re.match(r"(\"\"\"|import |from |#!)", code):
            return PYTHON_HEAD + code, False
        if block.language == "erlang":
            return code if code.startswith("#!") else ERLANG_HEAD + code, False
        if block.language not in COMPILERS:
            return code, True
        if re.search(r"\bmain\(", code):
            return where + code, True
        if block.language == "c":
            if re.search(r"^(static|struct \w|typedef|_Static_assert|#include).*", code, flags=re.M):
                return (C_HEAD.replace("show(", "show_as_above(") + "#include <stddef.h>\n" + where + code, None)
            return C_HEAD + C_PART % (block.line, block.page.name, code), False
        return CPP_HEAD + CPP_PART % (block.line, block.page.name, code), False


def compare(block, output):
    """The output that the page shows; ... stands for any text."""
    pattern = ".*?".join(map(re.escape, block.output.rstrip().split("...")))
    if not re.fullmatch(pattern, output.rstrip(), flags=re.S):
        raise Failed("%s: the output is\n%s\nand not\n%s" % (block, output, block.output))
