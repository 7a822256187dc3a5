"""The declarations of C#: enums, handles that are freed with what holds them, structs, and functions for P/Invoke."""
import re

from declarations_scripts import WRITTEN, names, told

HEAD = WRITTEN % "//" + """#pragma warning disable 0649, 1591
using System;
using System.Runtime.InteropServices;

namespace Dosai
{
"""
ENUMS = [("Status", "dosai_status", "How a call ended."), ("Kind", "dosai_chunk_kind", "What a chunk is."),
         ("Clock", "dosai_clock", "A clock of a call."), ("Quirks", "DOSAI_QUIRK_", "What was unusual in an answer.")]
SCALARS = {"void": "void", "int": "int", "int32_t": "int", "uint32_t": "uint", "int64_t": "long", "double": "double",
           "size_t": "IntPtr", "uintptr_t": "IntPtr"}
# Without a SafeHandle: what is called for each chunk, and what takes a borrowed handle.
RAW = re.compile(r"dosai_(stream_next|loop_next|loop_step|loop_close|loop_wake|loop_fd|\w+_copy|\w+_free)$")


def camel(name):
    return "".join(map(str.capitalize, name.split("_")))


def handle(name):
    return camel(name[len("dosai_"):]) + "Handle"


def enum(header, numbers, name, kind, about):
    cases = ""
    for number, word in names(header, numbers, kind).items():
        text = told(header, word)
        cases += "        /// <summary>%s</summary>\n" % text if text else ""
        cases += "        %s = %d,\n" % (camel(word), number)
    flags = "    [Flags]\n" if name == "Quirks" else ""
    return "    /// <summary>%s</summary>\n%s    public enum %s\n    {\n%s    }\n\n" % (about, flags, name, cases)


class Types:
    def __init__(self, header):
        self.header = header

    def plain(self, kind):
        """Of a field, or of what is returned."""
        bare = kind.replace("const", "").replace(" ", "")
        name, stars = bare.rstrip("*"), bare.count("*")
        name = self.header.types.get(name, name)
        if name in self.header.handles or name in self.header.callbacks or "(" in name or (name == "void" and stars):
            return "IntPtr"
        return ("byte" if name == "char" else SCALARS.get(name, name)) + "*" * stars

    def argument(self, function, kind, name):
        bare = kind.replace("const", "").replace(" ", "")
        base, stars = bare.rstrip("*"), bare.count("*")
        is_raw = RAW.match(function)
        if base in self.header.handles and stars == 2:
            return "IntPtr*" if is_raw and not function.endswith("_copy") else "out " + handle(base)
        if base in self.header.handles:
            return "IntPtr" if is_raw else handle(base)
        if kind == "const dosai_call_options *":
            return "IntPtr"  # so that async methods, which cannot be unsafe, can pass it
        if bare == "char*":
            return "byte*" if kind == "char *" else "byte[]"
        if name == "out_length":
            return "out IntPtr"
        return self.plain(kind)


def written(header, numbers):
    types, text = Types(header), HEAD
    text += "".join(enum(header, numbers, *each) for each in ENUMS)
    for name in header.handles:
        free = "dosai_loop_close(handle, IntPtr.Zero, IntPtr.Zero, null)" if name == "dosai_loop" else name + "_free(handle)"
        of = " internal static %s Of(IntPtr raw) => new %s { handle = raw };" % ((handle(name),) * 2) if name == "dosai_error" else ""
        text += "    internal sealed class %s : Handle {%s protected override bool ReleaseHandle() { unsafe { Native.%s; } return true; } }\n" % (
            handle(name), of, free)
    text += "\n"
    for name, fields in header.fields.items():
        text += "    internal unsafe struct %s\n    {\n%s    }\n\n" % (
            name, "".join("        internal %s %s;\n" % (types.plain(kind), field) for kind, field in fields))
    text += "    internal static unsafe partial class Native\n    {\n        const int VersionNumber = %s;\n\n" % (
        re.search(r"DOSAI_VERSION_NUMBER (\d+)", header.text)[1])
    for name, (result, arguments) in header.functions.items():
        list = ", ".join("%s %s" % (types.argument(name, kind, each), each) for kind, each in arguments)
        text += "        [DllImport(Library)] internal static extern %s %s(%s);\n" % (types.plain(result), name, list)
    return text + "    }\n}\n"


def made(root, header, numbers):
    return {root / "bindings/csharp/src/Declarations.cs": written(header, numbers)}
