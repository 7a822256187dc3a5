"""The declarations of Java: functions and layouts for java.lang.foreign, where an address or a size is a long; options with
a method for each field; enums."""
import re

from declarations_scripts import WRITTEN, camel, names

CARRIERS = {"void": "void", "int": "int", "int32_t": "int", "uint32_t": "int", "int64_t": "long", "double": "double"}  # the others: long
FLAGS = ("allow_insecure_http", "proxy_from_environment", "http1_only")
OTHERS = {"struct_size", "reserved", "header_count", "ca_pem_length", "cancel", "wait_interval_ms", "log_level"}  # not for users
ENUMS = [("Status", "dosai_status", "How a call ended."), ("Kind", "dosai_chunk_kind", "What a chunk is a piece of."),
         ("Clock", "dosai_clock", "The clocks of a call."), ("Quirk", "DOSAI_QUIRK_", "What was unusual in an answer.")]
OPTIONS = [("ClientOptions", "dosai_client_options", "Options of a client. What is not set is the library's default."),
           ("CallOptions", "dosai_call_options", "Options of one call, in place of the client's."),
           ("LoopOptions", "dosai_loop_options", "Options of a client's asynchronous calls, which are those of virtual threads, too.")]
HEAD = WRITTEN % "//" + "package ai.dos;\n\n"


def carrier(header, kind):
    return CARRIERS.get(header.types.get(kind, kind), "long")


def function(header, name):
    result, arguments = header.functions[name]
    kinds = [carrier(header, kind) for kind, _ in arguments]
    result, layouts = carrier(header, result), ["JAVA_" + kind.upper() for kind in kinds]
    described = "ofVoid(%s)" % ", ".join(layouts) if result == "void" else "of(%s)" % ", ".join(["JAVA_" + result.upper(), *layouts])
    give = "" if result == "void" else "return (%s) " % result
    return ("    private static final MethodHandle %s = Native.link(\"%s\", FunctionDescriptor.%s);\n"
            "    static %s %s(%s) {\n        try {\n            %s%s.invokeExact(%s);\n        } catch (Throwable wrong) {\n"
            "            throw Native.thrown(wrong);\n        }\n    }\n") % (
                name, name, described, result, name, ", ".join("%s %s" % (kind, argument) for kind, (_, argument) in zip(kinds, arguments)),
                give, name, ", ".join(argument for _, argument in arguments))


def layout(header, numbers, struct):
    lines = ["        static final long SIZE = %d;\n" % numbers[struct][0]]
    lines += ["        static final long %s = %d;\n" % (field, numbers["%s.%s" % (struct, field)][0]) for _, field in header.fields[struct]]
    return "    /** Offsets. */\n    static final class %s {\n%s    }\n" % (struct[len("dosai_"):], "".join(lines))


def declarations(header, numbers):
    return (HEAD + "import static java.lang.foreign.ValueLayout.*;\n\nimport java.lang.foreign.FunctionDescriptor;\n"
            "import java.lang.invoke.MethodHandle;\n\nfinal class Declarations {\n    static final int VERSION_NUMBER = %s;\n\n%s\n%s}\n") % (
                re.search(r"DOSAI_VERSION_NUMBER (\d+)", header.text)[1], "\n".join(layout(header, numbers, name) for name in header.structs),
                "\n".join(function(header, name) for name in header.functions))


def enum(header, numbers, name, kind, about):
    values = ",\n".join("    %s(%d)" % (word.upper(), number) for number, word in names(header, numbers, kind).items())
    unknown = {"Status": "INTERNAL", "Kind": "OTHER", "Clock": "NONE"}.get(name, "null")
    return HEAD + ("/** %s */\npublic enum %s {\n%s;\n\n    private static final %s[] ALL = values();\n\n    /** As in C. */\n"
                   "    public final int number;\n\n    %s(int number) {\n        this.number = number;\n    }\n\n"
                   "    static %s of(int number) {\n        for (%s one : ALL) {\n            if (one.number == number) return one;\n        }\n"
                   "        return %s;\n    }\n}\n") % (about, name, values, name, name, name, name, unknown)


def told(comment, before):
    """A comment of the header, for a reader who sees it alone, and not below the one before."""
    comment = re.sub(r"; see above|\bsee \"Rates\"[^.]*", lambda found: "" if found[0][0] == ";" else 'see "Rates" in dosai.h', comment)
    comment = re.sub(r"\s*\n\s*\*\s*", " ", comment).replace("<", "&lt;").replace("NULL", "null")
    return before if comment == "likewise" else comment


def options(header, numbers, name, struct, about):
    methods, comment = [], ""
    for kind, field in header.fields[struct]:
        if field in OTHERS or field.endswith("user_data") or kind in header.callbacks or "(" in kind:
            continue
        offset = numbers["%s.%s" % (struct, field)][0]
        said = re.search(r"^  [^\n/]*\b%s;\s*/\* (.*?) ?\*/" % field, re.search(r"typedef struct %s \{(.*?)\n\}" % struct, header.text, flags=re.S)[1],
                         flags=re.S | re.M)
        comment = told(said[1], comment) if said else ""
        method, typed, set_ = camel(field), carrier(header, kind), "number"
        if field == "headers":
            typed, set_ = "String...", "lines"
        elif kind.startswith("const char"):
            typed, set_ = "String", "text"
        elif field.endswith("_ms"):
            method, typed, set_ = camel(field[:-3]), "java.time.Duration", "time"
        elif field in FLAGS:
            typed, set_ = "boolean", "flag"
        size = {"number": ", %d" % numbers["%s.%s" % (struct, field)][1]}.get(set_, "")
        methods.append("%s    public %s %s(%s value) {\n        return %s(%d%s, value);\n    }\n" % (
            comment and "    /** In C: %s */\n" % comment, name, method, typed, set_, offset, size))
    return HEAD + ("/** %s A time of zero is as if it were not set; a negative one is none. */\npublic final class %s extends Options<%s> {\n"
                   "    public %s() {\n        super(Declarations.%s.SIZE, Declarations::%s_init);\n    }\n\n%s}\n") % (
                       about, name, name, name, struct[len("dosai_"):], struct, "\n".join(methods))


def made(root, header, numbers):
    folder = root / "bindings/java/src/main/java/ai/dos"
    return {folder / "Declarations.java": declarations(header, numbers),
            **{folder / (each[0] + ".java"): enum(header, numbers, *each) for each in ENUMS},
            **{folder / (each[0] + ".java"): options(header, numbers, *each) for each in OPTIONS}}
