"""The declarations of the scripting languages: for Ruby's fiddle by numbers and letters; C's own, without comments, for
the cdef of PHP's FFI and of LuaJIT."""
import os
import re

LETTERS = {"void": "v", "int": "i", "int32_t": "i", "uint32_t": "I", "int64_t": "q", "double": "d"}  # the others are addresses: j
PACKED = {"i": "l", "I": "L", "q": "q", "j": "J"}
SIZES = {"i": 4, "I": 4, "q": 8, "j": 8}
WRITTEN = "%s Written by scripts/declarations.py: change include/dosai.h, then run that.\n"


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


def made(root, header, numbers):
    php = root / "bindings/php/src"
    return {
        root / "bindings/ruby/lib/dosai/declarations.rb": ruby(header, numbers),
        root / "bindings/luajit/dosai/cdef.lua": WRITTEN % "--" + "require('ffi').cdef [[\n" + cdef(header) + "]]\n",
        php / "dosai.h": '#define FFI_SCOPE "DOSAI"\n#define FFI_LIB "libdosai.so.0"\n' + WRITTEN % "//" + "// clang-format off\n" + cdef(header, True),
        **{php / (name + ".php"): php_enum(header, numbers, name, kind) for name, kind in
           (("Status", "dosai_status"), ("Kind", "dosai_chunk_kind"), ("Clock", "dosai_clock"))},
    }
