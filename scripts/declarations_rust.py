"""Rust's declarations: of the crate dosai-sys all, under the header's names; of dosai, the types of the enumerations."""
import re
import textwrap

SCALARS = {"char": "c_char", "void": "c_void", "int": "c_int", "int32_t": "i32", "uint32_t": "u32", "int64_t": "i64",
           "size_t": "usize", "uintptr_t": "usize", "double": "f64"}
WRITTEN = "//! Written by scripts/declarations.py: change include/dosai.h, then run that.\n\n"
RENAMED = {"loop": "this"}  # a word of Rust's own
HANDLE = """#[repr(C)]
pub struct %s {
    _data: [u8; 0],
    _not_send: PhantomData<(*mut u8, PhantomPinned)>,
}
"""
TEST = """
#[cfg(test)]
mod tests {
    use super::*;
    use std::mem::{size_of, MaybeUninit};
    use std::ptr::addr_of;

    /// What the C compiler says of each struct on 64 bits.
    #[test]
    #[cfg(target_pointer_width = "64")]
    fn layouts_are_those_of_c() {
%s    }
}
"""
NEWTYPE = """
/// %(about)s
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
#[repr(transparent)]
pub struct %(name)s(pub %(scalar)s);

impl %(name)s {
%(constants)s
    /// The name of the constant, such as `"%(example)s"`; `None` if this version has none of that number.
    pub const fn name(self) -> Option<&'static str> {
        match self {
%(arms)s            _ => None,
        }
    }
}

impl fmt::Debug for %(name)s {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "%(name)s({})", self.0),
        }
    }
}
"""
NEWTYPES = [  # name, prefix, about
    ("Status", "DOSAI_", "How a call ended."),
    ("Clock", "DOSAI_CLOCK_", "The clocks of a call."),
    ("LogLevel", "DOSAI_LOG_", "What is logged: the level named, and those before it."),
    ("CallEventKind", "DOSAI_CALL_", "The points of a call's life."),
    ("FinishReason", "DOSAI_FINISH_", "Why a choice ended."),
    ("Quirks", "DOSAI_QUIRK_", "Bits for deviations from the documented format that the library accepts."),
    ("ChunkKind", "DOSAI_CHUNK_", "The kinds of chunks, each with the fields that depend on the kind."),
]


def rust_type(header, kind):
    if kind in header.callbacks:
        return "Option<%s>" % kind
    words = re.findall(r"\w+|\*", kind)
    made, is_const = "", False
    for word in words:
        if word == "const":
            is_const = True
        elif word == "*":
            made, is_const = ("*const " if is_const else "*mut ") + made, False
        else:
            made = SCALARS.get(word, word)
    return made


def doc(text, indent=""):
    """No Markdown: it is a comment of C."""
    text = re.sub(r"([\[\]<>*`\\])", r"\\\1", " ".join(re.sub(r"^\s*\* ", "", text, flags=re.M).split()))
    lines = textwrap.wrap(text, 114 - len(indent), break_on_hyphens=False, break_long_words=False)
    return "".join("%s/// %s\n" % (indent, line) for line in lines)


def commented(body, pattern):
    """{name: its comment} of fields and enumerators."""
    return dict(re.findall(pattern + r"(?:[ ]*/\* (.*?) \*/)?", body, flags=re.S))


def wrapped(start, header, kind, arguments):
    result = "" if kind == "void" else " -> " + rust_type(header, kind)
    text = ", ".join("%s: %s" % (RENAMED.get(name, name), rust_type(header, kind)) for kind, name in arguments)
    return "\n".join(textwrap.wrap(start + text + ")%s;" % result, 120, subsequent_indent=" " * len(start))) + "\n"


def enumerations(header):
    """Of each: its type, and {enumerator: comment}."""
    for kind, body in re.findall(r"(?:^typedef int32_t (dosai_\w+);\n)?^enum \{(.*?)^\};", header.text, flags=re.S | re.M):
        yield kind, commented(body, r"(DOSAI_\w+) = [^,/\n]*,?")


def sys_crate(header, described, numbers):
    lines = [WRITTEN, "use std::marker::{PhantomData, PhantomPinned};\nuse std::os::raw::{c_char, c_int, c_void};\n\n"]
    lines.append("/// The length of a C string.\npub const DOSAI_NUL_TERMINATED: usize = usize::MAX;\n")
    lines.append("/// The version of the header.\npub const DOSAI_VERSION_NUMBER: i32 = %s;\n\n"
                 % re.search(r"DOSAI_VERSION_NUMBER (\d+)", header.text)[1])
    abouts = dict(re.findall(r"^typedef struct (\w+) \1;\s*/\* (.*?) \*/", header.text, flags=re.M))
    lines += [doc(abouts.get(name, "")) + HANDLE % name for name in header.handles]
    lines += ["\n"] + ["pub type %s = %s;\n" % (name, SCALARS[kind]) for name, kind in header.types.items()] + ["\n"]
    for kind, found in enumerations(header):
        for name, comment in found.items():
            lines.append("%spub const %s: %s = %d;\n" % (doc(comment), name, kind or "u32", numbers[name][0]))
    for name, (kind, each) in header.callbacks.items():
        lines.append("\n" + wrapped("pub type %s = unsafe extern \"C\" fn(" % name, header, kind, each))
    checks = []
    for name, fields in header.fields.items():
        body = re.search(r"typedef struct \w+ \{([^}]*)\} %s;" % name, header.text, flags=re.S)[1]
        comments = commented(body, r"(\w+);")
        lines.append("\n#[repr(C)]\n#[derive(Clone, Copy)]\npub struct %s {\n" % name)
        lines += ["%s    pub %s: %s,\n" % (doc(comments[field], "    "), field, rust_type(header, kind))
                  for kind, field in fields]
        lines.append("}\n")
        checks += ["        assert_eq!(size_of::<%s>(), %d);\n" % (name, numbers[name][0]),
                   "        let one = MaybeUninit::<%s>::uninit();\n        let at = one.as_ptr();\n" % name]
        checks += ["        assert_eq!(unsafe { addr_of!((*at).%s) } as usize - at as usize, %d);\n"
                   % (field, numbers["%s.%s" % (name, field)][0]) for _, field in fields]
    lines.append("\nextern \"C\" {\n")
    for name, entry in described["functions"].items():
        kind, each = header.functions[name]
        lines.append(doc(entry["text"], "    ") + wrapped("    pub fn %s(" % name, header, kind, each))
    return "".join(lines + ["}\n", TEST % "".join(checks)])


def newtypes(header, numbers):
    found = [(kind, each) for kind, each in enumerations(header)]
    made = [WRITTEN, "use std::fmt;\n"]
    for name, prefix, about in NEWTYPES:
        kind, each = next(one for one in found if all(key.startswith(prefix) for key in one[1])
                          and (prefix != "DOSAI_" or one[0] == "dosai_status"))
        short = {key: key[len(prefix):] for key in each}
        constants = "".join("%s    pub const %s: %s = %s(%d);\n" % (
            doc(comment, "    ") or "    /// `%s`.\n" % key, short[key], name, name, numbers[key][0]) for key, comment in each.items())
        arms = "".join("            %s::%s => Some(\"%s\"),\n" % (name, one, one) for one in short.values())
        made.append(NEWTYPE % dict(about=about, name=name, scalar="i32" if kind else "u32", constants=constants, arms=arms,
                                   example=list(short.values())[-1]))
    return "".join(made)
