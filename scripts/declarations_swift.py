"""What Swift needs beside the header, which its compiler reads: names for its numbers."""
from declarations_scripts import WRITTEN, camel, names, told

TYPES = [("Status", "dosai_status", "How a call ended."), ("ChunkKind", "dosai_chunk_kind", "What a chunk is."),
         ("FinishReason", "dosai_finish_reason", "Why a choice ended."), ("CallClock", "dosai_clock", "A clock of a call."),
         ("Quirks", "DOSAI_QUIRK_", "What was unusual in an answer.")]
KEYWORDS = {"internal", "protocol"}


def quoted(word):
    return "`%s`" % word if word in KEYWORDS else word


def comment(text, indent):
    lines = [""]
    for word in text.split():
        if len(indent) + 4 + len(lines[-1]) + len(word) > 119:
            lines.append("")
        lines[-1] += " " + word
    return "".join("%s///%s\n" % (indent, line) for line in lines)


def written(header, numbers):
    text = WRITTEN % "//"
    for name, kind, about in TYPES:
        words, bits = names(header, numbers, kind), name == "Quirks"
        integer = "UInt32" if bits else "Int32"
        text += "\n%spublic struct %s: %s, Hashable, Sendable, CustomStringConvertible {\n" % (
            comment(about, ""), name, "OptionSet" if bits else "RawRepresentable")
        text += "  public let rawValue: %s\n  public init(rawValue: %s) { self.rawValue = rawValue }\n\n" % (integer, integer)
        for number, word in words.items():
            about_word = told(header, word)
            text += comment(about_word, "  ") if about_word else ""
            text += "  public static let %s = %s(rawValue: %d)\n" % (quoted(camel(word)), name, number)
        if bits:
            text += "\n  public var names: [String] {\n    let all: [(%s, String)] = [\n%s    ]\n" % (
                name, "".join('      (.%s, "%s"),\n' % (camel(word), word.upper()) for word in words.values()))
            text += "    return all.filter { contains($0.0) }.map { $0.1 }\n  }\n\n  public var description: String { names.description }\n}\n"
            continue
        text += "\n  public var description: String {\n    switch rawValue {\n"
        text += "".join('    case %d: "%s"\n' % (number, word.upper() if name == "Status" else word) for number, word in words.items())
        text += '    default: "\\(rawValue)"\n    }\n  }\n}\n'
    return text


def made(root, header, numbers):
    return {root / "bindings/swift/Sources/Dosai/Kinds.swift": written(header, numbers)}
