"""The declarations of the scripting languages: for Ruby's fiddle by numbers and letters; C's own, without comments, for
the cdef of PHP's FFI and of LuaJIT; for Erlang tables of options for its NIF, and types."""
import os
import re

LETTERS = {"void": "v", "int": "i", "int32_t": "i", "uint32_t": "I", "int64_t": "q", "double": "d"}  # the others are addresses: j
PACKED = {"i": "l", "I": "L", "q": "q", "j": "J"}
SIZES = {"i": 4, "I": 4, "q": 8, "j": 8}
WRITTEN = "%s Written by scripts/declarations.py: change include/dosai.h, then run that.\n"


def camel(name):
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))


def told(header, word):
    """What the header says of an enumerator, as a sentence; empty: nothing."""
    said = re.search(r"^  DOSAI_\w*%s = [^/\n]*/\* (.*?) \*/" % word.upper(), header.text, flags=re.M | re.S)
    text = re.sub(r"\s*\n *\* *", " ", said[1]) if said else ""
    return text and text[:1].upper() + text[1:] + "."


def letter(header, kind):
    return LETTERS.get(header.types.get(kind, kind), "j")


def signature(header, name):
    """s: a text that goes in."""
    result, arguments = header.functions[name]
    letters = ["s" if kind == "const char *" else letter(header, kind) for kind, _ in arguments]
    return "%s %s" % (letter(header, result), "".join(letters))


def packed(header, numbers, struct):
    """As Array#pack and String#unpack want it; x skips a byte."""
    made, at = "", 0
    for kind, field in header.fields[struct]:
        one, offset = letter(header, kind), numbers["%s.%s" % (struct, field)][0]
        made += "x" * (offset - at) + PACKED[one]
        at = offset + SIZES[one]
    return made + "x" * (numbers[struct][0] - at)


def names(header, numbers, kind):
    """{number: name, in lower case and without its prefix} of the enumerators of a type, or of those with a prefix."""
    if kind in header.types:
        found = re.findall(r"(DOSAI_\w+) =", re.search(r"typedef int32_t %s;\nenum \{(.*?)\n\};" % kind, header.text, flags=re.S)[1])
    else:
        found = [name for name in header.enumerators if name.startswith(kind)]
    prefix = kind if kind not in header.types else os.path.commonprefix(found)
    return {numbers[name][0]: name[len(prefix):].lower() for name in found}


NAMES = [("STATUSES", "dosai_status"), ("CLOCKS", "dosai_clock"), ("CHUNK_KINDS", "dosai_chunk_kind"), ("QUIRKS", "DOSAI_QUIRK_")]


def ruby(header, numbers):
    enumerations = "".join("    %s = {%s}.freeze\n" % (name, ", ".join("%d => :%s" % each for each in names(header, numbers, kind).items()))
                           for name, kind in NAMES)
    structs = "".join('      %s: [%d, "%s", %%i[%s]],\n' % (
        name[len("dosai_"):], numbers[name][0], packed(header, numbers, name), " ".join(field for _, field in header.fields[name]))
        for name in header.structs)
    functions = "".join('      %s: "%s",\n' % (name[len("dosai_"):], signature(header, name).strip()) for name in header.functions)
    return (WRITTEN % "#" + "module Dosai\n  module Native\n    VERSION_NUMBER = %s\n\n%s\n"
            "    # Of each: its size, its fields for pack and unpack, and their names.\n    STRUCTS = {\n%s    }.freeze\n\n"
            "    # Of each: the result and the arguments. v: void, i: int32, I: uint32, q: int64, d: double, j: an address or a\n"
            "    # size, s: a text.\n    FUNCTIONS = {\n%s    }.freeze\n  end\nend\n") % (
                re.search(r"DOSAI_VERSION_NUMBER (\d+)", header.text)[1], enumerations, structs, functions)


def cdef(header, without_text=False):
    """without_text: a text that comes out is a void pointer. PHP would make a string of it, up to the first NUL."""
    text = re.sub(r"/\*.*?\*/|^#[^\n]*(?:\\\n[^\n]*)*|extern \"C\" \{", "", header.text, flags=re.S | re.M)
    if without_text:
        text = re.sub(r"^(DOSAI_API |  )const char \*(?!const)", r"\1const void *", text, flags=re.M)
    text = text[:text.rindex(";") + 1].replace("DOSAI_API ", "")
    return re.sub(r"\n\s*\n+", "\n", re.sub(r"[ \t]+$", "", text, flags=re.M)).strip() + "\n"


def php_enum(header, numbers, name, kind):
    cases = "".join("    case %s = %d;\n" % ("".join(map(str.capitalize, word.split("_"))), number)
                    for number, word in names(header, numbers, kind).items())
    return "<?php\n\n" + WRITTEN % "//" + "\ndeclare(strict_types=1);\n\nnamespace Dosai;\n\nenum %s: int\n{\n%s}\n" % (name, cases)


FIELDS = {"const char *": "TEXT", "int32_t": "INT32", "int64_t": "INT64"}
# Of Erlang: booleans; and counts of which infinity is 0.
SPECIAL = {"allow_insecure_http": "FLAG", "proxy_from_environment": "FLAG", "http1_only": "FLAG", "max_in_flight": "COUNT", "max_connections_per_host": "COUNT"}


def erlang_fields(header, struct):
    """{name: how a term sets it} of a struct of options: no callbacks, nor what belongs to another field."""
    kinds = {field: FIELDS.get(header.types.get(kind, kind)) for kind, field in header.fields[struct]}
    return {field: SPECIAL.get(field, kind) for field, kind in kinds.items() if kind and field not in ("reserved", "log_level", "wait_interval_ms")}


def erlang_tables(header, numbers):
    lines = ["/* %s */" % (WRITTEN % "").strip(), "/* clang-format off */", "#ifdef FIELDS"]
    for name in ("client", "call", "loop"):
        struct = "dosai_%s_options" % name
        lines.append("static const field %s_fields[] = {" % name)
        lines += ['  {"%s", FIELD_%s, offsetof(%s, %s)},' % (field, kind, struct, field) for field, kind in erlang_fields(header, struct).items()]
        lines.append("  {NULL, 0, 0},\n};")
    lines.append("#else")
    for name, kind in (("chunk_kinds", "dosai_chunk_kind"), ("clocks", "dosai_clock")):
        lines.append("static const char *const %s[] = {%s};" % (name, ", ".join('[%d] = "%s"' % each for each in names(header, numbers, kind).items())))
    return "\n".join([*lines, "#endif"]) + "\n"


def erlang_types(header, numbers):
    made = WRITTEN % "%%"
    for name, kind in (("status", "dosai_status"), ("clock", "dosai_clock"), ("kind", "dosai_chunk_kind"), ("quirk", "DOSAI_QUIRK_")):
        made += "-type %s() :: %s.\n" % (name, " | ".join(word for word in names(header, numbers, kind).values() if word != "none"))
    types = {"TEXT": "unicode:chardata()", "INT32": "integer()", "FLAG": "boolean()", "COUNT": "integer() | infinity", "INT64": "integer() | infinity"}
    for name, structs in (("client", ("client", "loop")), ("call", ("call",))):
        fields = {field: types[kind] for struct in structs for field, kind in erlang_fields(header, "dosai_%s_options" % struct).items()}
        if name == "client":
            fields.update({"api_key": fields["api_key"] + " | fun(() -> unicode:chardata())", "name": "atom()"})
        rows = ["%s => %s" % each for each in fields.items()]
        rows += ["headers => #{unicode:chardata() => unicode:chardata()} | [{unicode:chardata(), unicode:chardata()}]"]
        made += "-type %s_options() :: #{%s}.\n" % (name, ",\n    ".join(rows))
    for name, number in (("TOO_LARGE", "DOSAI_TOO_LARGE"), ("TRUNCATED", "DOSAI_TRUNCATED"), ("CANCELLED", "DOSAI_CANCELLED"),
                         ("INVALID_ARGUMENT", "DOSAI_INVALID_ARGUMENT")):
        made += "-define(%s, %d).\n" % (name, numbers[number][0])
    loop = [field for field in erlang_fields(header, "dosai_loop_options") if field not in header.structs["dosai_client_options"]]
    return made + "-define(LOOP_OPTIONS, [%s]).\n" % ", ".join(loop)


def made(root, header, numbers):
    php = root / "bindings/php/src"
    return {
        root / "bindings/ruby/lib/dosai/declarations.rb": ruby(header, numbers),
        root / "bindings/luajit/dosai/cdef.lua": WRITTEN % "--" + "require('ffi').cdef [[\n" + cdef(header) + "]]\n",
        root / "bindings/erlang/c_src/declarations.h": erlang_tables(header, numbers),
        root / "bindings/erlang/include/dosai.hrl": erlang_types(header, numbers),
        php / "dosai.h": '#define FFI_SCOPE "DOSAI"\n#define FFI_LIB "libdosai.so.0"\n' + WRITTEN % "//" + "// clang-format off\n" + cdef(header, True),
        **{php / (name + ".php"): php_enum(header, numbers, name, kind) for name, kind in
           (("Status", "dosai_status"), ("Kind", "dosai_chunk_kind"), ("Clock", "dosai_clock"))},
    }
