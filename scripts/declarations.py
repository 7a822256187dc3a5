#!/usr/bin/env python3
"""What a header in the style of include/dosai.h declares.

    declarations.py [--check]    writes abi/dosai.json, from which a binding can be made, and the declarations of
                                 Python, Rust, Java, Ruby, PHP, LuaJIT, C#, Erlang and Swift; or says where they are not what the header is
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
import declarations_csharp
import declarations_java
import declarations_rust
import declarations_scripts
import declarations_swift

ROOT = pathlib.Path(__file__).resolve().parents[1]
HEADER, JSON, PYTHON = ROOT / "include/dosai.h", ROOT / "abi/dosai.json", ROOT / "bindings/python/dosai/_ffi.py"
RUST = ROOT / "bindings/rust"
RULES = [("threads", r"Threads: ([^;.]*)"), ("statuses", r"Returns: (.*?)(?: Threads:|$)")]  # in a comment


class Header:
    def __init__(self, path):
        self.text = open(path, encoding="utf-8").read()
        text = re.sub(r"/\*.*?\*/", " ", self.text, flags=re.S)
        self.macros = [name for name in re.findall(r"^#define (DOSAI_\w+) \S", text, flags=re.M) if name != "DOSAI_API"]
        text = re.sub(r"^[ \t]*#.*(\\\n.*)*$", "", text, flags=re.M)
        self.handles = re.findall(r"typedef struct (\w+) \1;", text)
        self.fields = {name: [declared(field) for field in split(body, ";")]
                       for body, name in re.findall(r"typedef struct \w+ \{(.*?)\} (\w+);", text, flags=re.S)}
        self.structs = {name: [field for _, field in fields] for name, fields in self.fields.items()}
        self.enumerators = [name.split("=")[0].strip() for body in re.findall(r"\benum \{(.*?)\}", text, flags=re.S)
                            for name in split(body, ",")]
        self.types = {name: kind for kind, name in re.findall(r"typedef (u?int\w*_t) (dosai_\w+);", text)}
        self.callbacks = {name: (result.strip(), arguments_of(arguments)) for result, name, arguments in re.findall(
            r"typedef ([^;()]*)\(\*(dosai_\w+)\)\(([^;]*)\);", text)}
        self.functions = {name: (" ".join(result.split()), arguments_of(arguments)) for result, name, arguments in re.findall(
            r"DOSAI_API\b([^;(]*?)(\w+)\(([^;]*)\);", text)}


def arguments_of(text):
    return [] if text.strip() == "void" else [declared(each) for each in split(text, ",")]


def split(text, mark):
    return [" ".join(part.split()) for part in text.split(mark) if part.strip()]


def declared(text):
    """The type and the name of a field or an argument."""
    pointer = re.match(r"(.*)\(\*(\w+)\)(\(.*\))$", text)
    if pointer:
        return pointer[1] + "(*)" + pointer[3], pointer[2]
    kind, name = re.match(r"(.*?)(\w+)$", text).groups()
    return kind.strip(), name


# ---- abi/dosai.json

def sections(header):
    """{section: what stands in it, in order: (comment, code)}; a comment of "" is that of the declaration before."""
    found = {}
    parts = re.split(r"^/\* ---- (\w+) -+ \*/$", header.text, flags=re.M)
    for name, text in zip(parts[1::2], parts[2::2]):
        about = " ".join(words(comment) for comment in re.findall(r"^/\* ((?:(?!\*/).)*)\*/\n\n", text, flags=re.S | re.M))
        found[name] = about, re.findall(r"(?:^/\* ((?:(?!\*/).)*)\*/\n)?^DOSAI_API [^;]*?(\w+)\(", text, flags=re.S | re.M)
    return found


def words(comment):
    return " ".join(re.sub(r"^ \* ", "", comment, flags=re.M).split())


def measure(header):
    """By the compiler: the value of each enumerator, and sizes and offsets on this machine."""
    lines = ['printf("%%s %%lld\\n", "%s", (long long)%s);' % (name, name) for name in header.enumerators]
    for struct, fields in header.structs.items():
        lines.append('printf("%%s %%zu\\n", "%s", sizeof(%s));' % (struct, struct))
        lines += ['printf("%%s %%zu %%zu\\n", "%s.%s", offsetof(%s, %s), sizeof((((%s *)0)->%s)));' % ((struct, field) * 2 + (struct, field))
                  for field in fields]
    source = "#include <dosai.h>\n#include <stdio.h>\nint main(void) {\n%s\nreturn 0;\n}\n" % "\n".join(lines)
    with tempfile.TemporaryDirectory() as folder:
        program = pathlib.Path(folder, "measure")
        subprocess.run(["cc", "-x", "c", "-", "-I", HEADER.parent, "-o", program], input=source, text=True, check=True)
        output = subprocess.run([program], stdout=subprocess.PIPE, text=True, check=True).stdout
    return {name: [int(number) for number in numbers] for name, *numbers in map(str.split, output.splitlines())}


def ownership(header, kind, is_result=False):
    """What becomes of what a pointer of this type brings out; None: it goes in."""
    bare = kind.replace("const ", "").replace(" ", "")
    if bare.endswith("**") and bare[:-2] in header.handles + list(header.structs):
        return "borrowed" if kind.startswith("const ") else "owned"
    if is_result and kind.startswith("const "):
        return "borrowed"
    return "filled" if not kind.startswith("const ") and (bare.rstrip("*") in header.structs or bare == "size_t*") else None


def described(header, numbers):
    functions = {}
    for section, (about, entries) in sections(header).items():
        comment = ""
        for own, name in entries:
            comment = words(own) or comment
            result, arguments = header.functions[name]
            entry = {"section": section, "result": result, "text": comment}
            if ownership(header, result, True):
                entry["result_ownership"] = "borrowed"
            entry["arguments"] = []
            for kind, argument in arguments:
                entry["arguments"].append({"name": argument, "type": kind})
                if argument.startswith("out_") and ownership(header, kind):
                    entry["arguments"][-1]["ownership"] = ownership(header, kind)
            for key, rule in RULES:
                said = re.search(rule, comment) or key == "threads" and re.search(rule, about)
                if said:
                    entry[key] = said[1].strip()
            if name.endswith("_free"):
                entry["threads"] = "any thread at once"
            functions[name] = entry
    return {
        "version": re.search(r'DOSAI_VERSION "(.*)"', header.text)[1],
        "types": header.types,
        "handles": header.handles,
        "enumerators": {name: numbers[name][0] for name in header.enumerators},
        "callbacks": {name: {"result": result, "arguments": [dict(zip(("type", "name"), each)) for each in arguments]}
                      for name, (result, arguments) in header.callbacks.items()},
        "structs": {name: {"size": numbers[name][0], "fields": [
            dict(name=field, type=kind, **dict(zip(("offset", "size"), numbers[name + "." + field])))
            for kind, field in fields]} for name, fields in header.fields.items()},
        "functions": functions,
    }


# ---- bindings/python/dosai/_ffi.py

SCALARS = {"void": "None", "int": "c_int32", "int32_t": "c_int32", "uint32_t": "c_uint32", "int64_t": "c_int64", "size_t": "c_size_t",
           "uintptr_t": "c_size_t", "double": "c_double"}
LENT = ("dosai_chunk", "dosai_event")  # come as addresses: the layer above keeps one view for as long as that stays the same
UNCHECKED = ("dosai_stream_next", "dosai_loop_step", "dosai_loop_next")  # for ctypes values of the right types: 400 ns less
HEAD = '''"""include/dosai.h in ctypes, under its names. Written by scripts/declarations.py: change the header, then run that."""

from __future__ import annotations

from ctypes import CFUNCTYPE, POINTER, Structure, c_char_p, c_double, c_int32, c_int64, c_size_t, c_uint32, c_void_p

from ._library import check, function, library


# Handles are types of their own, so that ctypes refuses one in the place of another.
'''


class Python:
    def __init__(self, header):
        self.header = header

    def type(self, kind, place):
        """In a `place`: field, argument, result, callback."""
        bare = kind.replace("const ", "").replace(" ", "").replace("const", "")
        name, stars = bare.rstrip("*"), bare.count("*")
        if name == "char":
            if stars == 2:
                return "POINTER(c_char_p)"
            return "c_void_p" if place in ("callback", "lent text") else "c_char_p"
        if name in self.header.handles:
            return name if stars == 1 else "POINTER(%s)" % name
        if name in LENT and (stars == 2 or place == "field"):
            return "POINTER(c_void_p)" if stars == 2 else "c_void_p"
        if name == "void" and stars:
            return "c_void_p"
        scalar = SCALARS.get(name, name)
        return "POINTER(%s)" % scalar if stars else scalar

    def call(self, start, parts):
        """On one line, or on more below its bracket."""
        indent, lines = " " * (start.index("(") + 1), [start]
        for at, part in enumerate(parts):
            part += ")" if at == len(parts) - 1 else ","
            if len(lines[-1]) + len(part) + 1 > 120:
                lines.append(indent + part)
            else:
                lines[-1] += part if lines[-1].endswith("(") else " " + part
        return "\n".join(lines)

    def function(self, name):
        result, arguments = self.header.functions[name]
        is_lent = result == "const char *" and any(argument == "out_length" for _, argument in arguments)
        parts = ['"%s"' % name, self.type(result, "lent text" if is_lent else "result")]
        lines = [self.call("%s = function(" % name, parts + [self.type(kind, "argument") for kind, _ in arguments])]
        if name in UNCHECKED:
            lines.append('%s_unchecked = library["%s"]' % (name, name))
        return lines

    def struct(self, name):
        fields = ['        ("%s", %s),' % (field, self.type(kind, "field")) for kind, field in self.header.fields[name]]
        return ["\n", "class %s(Structure):" % name, "    _fields_ = [", *fields, "    ]", "\n"]

    def write(self, numbers):
        """In the header's own order: what it says after what it needs."""
        header, lines = self.header, []
        for name in header.handles:
            lines.append("class %s(c_void_p): pass" % name)
        order = re.compile(r"^/\* ---- (\w+) -+ \*/$|typedef u?int\w*_t (dosai_\w+);|^enum \{(.*?)^\};|typedef [^;()]*\(\*(dosai_\w+)\)|"
                           r"^\} (dosai_\w+);|^DOSAI_API [^;(]*?(\w+)\(", re.S | re.M)
        for section, kind, body, callback, struct, name in order.findall(header.text):
            if section:
                lines += ["", "# ---- %s" % section, ""]
                if section == "version":
                    lines.append("VERSION_NUMBER = " + re.search(r"DOSAI_VERSION_NUMBER (\d+)", header.text)[1])
            elif kind:
                lines.append("%s = %s" % (kind, SCALARS[header.types[kind]]))
            elif body:
                found = re.findall(r"^  DOSAI_(\w+) =", body, flags=re.M)
                lines += ["%s = %d" % (one, numbers["DOSAI_" + one][0]) for one in found] + [""]
            elif callback:
                result, arguments = header.callbacks[callback]
                kinds = [self.type(result, "result"), *(self.type(one, "callback") for one, _ in arguments)]
                lines.append(self.call("%s = CFUNCTYPE(" % callback, kinds))
            elif struct:
                lines += self.struct(struct)
            else:
                lines += self.function(name)
        options = [name for name in header.structs if name + "_init" in header.functions]
        inits = ["%s: %s_init" % (name, name) for name in options]
        inits[0], inits[-1] = "{" + inits[0], inits[-1] + "}"
        lines += ["", self.call("check(", ["VERSION_NUMBER", "dosai_version_number()", "dosai_version().decode()", *inits])]
        return HEAD + re.sub(r"\n{3,}", "\n\n\n", "\n".join(lines)).replace("\n\n\n#", "\n\n#") + "\n"


def main():
    header = Header(HEADER)
    numbers = measure(header)
    data = described(header, numbers)
    made = {JSON: json.dumps(data, indent=1) + "\n", PYTHON: Python(header).write(numbers),
            RUST / "dosai-sys/src/declarations.rs": declarations_rust.sys_crate(header, data, numbers),
            RUST / "dosai/src/kinds.rs": declarations_rust.newtypes(header, numbers),
            **declarations_scripts.made(ROOT, header, numbers), **declarations_java.made(ROOT, header, numbers), **declarations_csharp.made(ROOT, header, numbers),
            **declarations_swift.made(ROOT, header, numbers)}
    wrong = [path for path, text in made.items() if not path.exists() or path.read_text() != text]
    if sys.argv[1:] == ["--check"]:
        if wrong:
            sys.exit("\n".join("declarations: %s is not what the header is: run scripts/declarations.py" % path.relative_to(ROOT)
                               for path in wrong))
        return print("declarations: %d functions, %d structs" % (len(header.functions), len(header.structs)))
    for path, text in made.items():
        path.write_text(text)


if __name__ == "__main__":
    main()
