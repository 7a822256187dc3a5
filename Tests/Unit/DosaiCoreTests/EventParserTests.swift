import DosaiCore
import TestSupport
import Testing

/// WHATWG HTML, 9.2.6, rule by rule.
struct EventParserTests {
  @Test(arguments: ["\n", "\r", "\r\n"])
  func takesEachEndOfLine(end: String) {
    let lines = ["data: a", "", "data: b", "data: c", "", ": note", "event: x", "data: d", "", "", "data: e", "", ""]
    expect(
      lines.joined(separator: end),
      gives: Outcome([Seen("a"), Seen("b\nc"), Seen("d", type: "x"), Seen("e")]))
  }

  @Test(arguments: [
    ("data: a\r\ndata: b\rdata: c\n\r\ndata: d\r\r\n", [Seen("a\nb\nc"), Seen("d")]),
    ("data: a\n\rdata: b\r\n\n", [Seen("a"), Seen("b")]), ("data: a\r\n\rdata: b\n\n", [Seen("a"), Seen("b")]),
    ("data: a\r\r\n\ndata: b\r\r\n", [Seen("a"), Seen("b")]), ("\r\n\r\n\n\rdata: a\n\n\n\n", [Seen("a")]),
    ("data: a\r\n\ndata: b\n\r\n", [Seen("a"), Seen("b")]),
  ])
  func mixesEndsOfLine(text: String, expected: [Seen]) {
    expect(text, gives: Outcome(expected))
  }

  /// Within an event, what comes next is no event of its own, though it looks like one.
  @Test func isAheadOfNothingWithinAnEvent() throws {
    let parser = EventParser(bytesMax: 100)
    try "data: a\n".lent { try parser.feed($0) }
    #expect(try parser.next() == nil)
    try "data: b\n\ndata: c\n\n".lent { try parser.feed($0) }
    #expect(parser.ahead == nil)
    #expect(try parser.next()?.data.string == "a\nb")
    #expect(try parser.next()?.data.string == "c")
  }

  @Test(arguments: [
    ("\u{FEFF}data: a\n\n", [Seen("a")]), ("\u{FEFF}\u{FEFF}data: a\n\ndata: b\n\n", [Seen("b")]),
    ("data: a\n\n\u{FEFF}data: b\n\n", [Seen("a")]), ("\u{FEFF}", []), ("\u{FEFF}\n\ndata: a\n\n", [Seen("a")]),
    ("data: \u{FEFF}a\n\n", [Seen("\u{FEFF}a")]), ("\u{FEFF}: note\ndata: a\n\n", [Seen("a")]),
    ("\n\u{FEFF}data: a\n\n", []),
  ])
  func dropsOneLeadingMark(text: String, expected: [Seen]) {
    expect(text, gives: Outcome(expected))
  }

  @Test(arguments: [[0xEF], [0xEF, 0xBB], [0xEF, 0xBB, 0x0A], [0xEF, 0x0A]] as [[UInt8]])
  func takesHalfAMarkForALine(start: [UInt8]) {
    expect(start, gives: Outcome())
    expect(start + [UInt8]("\ndata: a\n\n".utf8), gives: Outcome([Seen("a")]))
  }

  @Test(arguments: [
    ("data:a", "a"), ("data: a", "a"), ("data:  a", " a"), ("data:\ta", "\ta"), ("data: ", ""), ("data:", ""),
    ("data", ""),
    ("data:a:b", "a:b"), ("data: :", ":"), ("data:a ", "a "), ("data: \u{E9}\u{1F600}\0", "\u{E9}\u{1F600}\0"),
    ("data:\ndata:", "\n"), ("data: a\ndata\ndata: b", "a\n\nb"), ("data: data: a", "data: a"),
    ("data: \ndata:  ", "\n "),
  ])
  func readsAValue(lines: String, expected: String) {
    expect(lines + "\n\n", gives: Outcome([Seen(expected)]))
    expect(lines + "\r\n\r\n", gives: Outcome([Seen(expected)]))
  }

  @Test(arguments: [
    "Data: x", "DATA: x", " data: x", "\tdata: x", "data : x", "datax: x", "datax", "dat: x", "dat", "d", "xdata: x",
    ":data: x",
    ": x", ":", "::", "message: x", "event2: x", "ids: 1", "retryy: 1", "x", "\0", "{\"error\":1}", "data\0: x",
    "\u{FEFF}data: x",
  ])
  func dropsOtherLines(line: String) {
    expect("data: a\n\(line)\ndata: b\n\n", gives: Outcome([Seen("a\nb")]))
    expect("data: a\r\(line)\rdata: b\r\r", gives: Outcome([Seen("a\nb")]))
    expect("\n\(line)\n\n", gives: Outcome())
    expect("\n\(line)", gives: Outcome())
  }

  @Test(arguments: [
    ("event: a\ndata: 1\n\ndata: 2\n\n", [Seen("1", type: "a"), Seen("2")]),
    ("event: a\nevent: b\ndata: 1\n\n", [Seen("1", type: "b")]), ("event: a\nevent\ndata: 1\n\n", [Seen("1")]),
    ("event: a\nevent:\ndata: 1\n\n", [Seen("1")]), ("event: a\n\ndata: 1\n\n", [Seen("1")]),
    ("data: 1\nevent: a\n\n", [Seen("1", type: "a")]), ("event:  a \ndata\n\n", [Seen("", type: " a ")]),
    ("event: a\n\nevent: b\n\n", []),
    ("event: error\ndata: x\n\nevent: a\n\ndata: y\n\n", [Seen("x", type: "error"), Seen("y")]),
  ])
  func namesTheType(text: String, expected: [Seen]) {
    expect(text, gives: Outcome(expected))
  }

  @Test(arguments: [
    ("id: 1\ndata: a\n\ndata: b\n\n", [Seen("a", id: "1"), Seen("b", id: "1")], "1"),
    ("id: 1\ndata: a\n\nid\ndata: b\n\n", [Seen("a", id: "1"), Seen("b")], ""),
    ("id: 1\ndata: a\n\nid:\ndata: b\n\n", [Seen("a", id: "1"), Seen("b")], ""), ("id: 1\n\n", [], "1"),
    ("id: 1\nid: x\0y\ndata: a\n\n", [Seen("a", id: "1")], "1"), ("id: \0\ndata: a\n\n", [Seen("a")], ""),
    ("id: 1\nid: 2\ndata: a\n\n", [Seen("a", id: "2")], "2"),
    ("id:  \u{E9}\ndata: a\n\n", [Seen("a", id: " \u{E9}")], " \u{E9}"),
  ])
  func keepsTheID(text: String, expected: [Seen], last: String) {
    expect(text, gives: Outcome(expected, lastEventID: last))
  }

  /// Nobody connects anew by it; it must only do no harm.
  @Test(arguments: ["retry: 3000", "retry", "retry:", "retry: -1", "retry: 99999999999999999999"])
  func passesOverRetry(line: String) {
    expect(line + "\ndata: a\n\n", gives: Outcome([Seen("a")]))
  }

  /// docs/design.md, 7: a last event without its blank line is given, and says that it is open.
  @Test(arguments: [
    ("data: a", [Seen("a", isOpen: true)]), ("data: a\n", [Seen("a", isOpen: true)]),
    ("data: a\r", [Seen("a", isOpen: true)]),
    ("data: a\r\n", [Seen("a", isOpen: true)]), ("event: x\ndata: a", [Seen("a", type: "x", isOpen: true)]),
    ("data: a\ndata: b", [Seen("a\nb", isOpen: true)]), ("data: a\n: note", [Seen("a", isOpen: true)]),
    ("data: a\nx", [Seen("a", isOpen: true)]), ("data: a\n\ndata: b\n", [Seen("a"), Seen("b", isOpen: true)]),
    ("data: a\n\n", [Seen("a")]), ("data: a\r\r", [Seen("a")]), ("data: a\r\n\r", [Seen("a")]), ("event: x\n", []),
    ("event: x", []), (": note", []), ("", []), ("\n", []), ("data", [Seen("", isOpen: true)]), ("dat", []),
    ("data: a\ndata", [Seen("a\n", isOpen: true)]), ("data: a\nevent: x", [Seen("a", type: "x", isOpen: true)]),
  ])
  func givesTheLastEventOpen(text: String, expected: [Seen]) {
    expect(text, gives: Outcome(expected))
  }

  @Test(arguments: [
    ("data: [DONE]\n\n", false), ("data: [DONE]\n\n\r\n \t", false), ("data: [DONE]\n\nx", true),
    ("data: [DONE]\n\n: note\n", true),
    ("data: [DONE]\n\ndata: x\n\n", true), ("data: [DONE]\n\n\n\nid: 1", true),
  ])
  func tellsOfMoreBehindAnEvent(text: String, expected: Bool) throws {
    let parser = EventParser(bytesMax: 100)
    try text.lent { try parser.feed($0) }
    #expect(try parser.next()?.data.string == "[DONE]")
    #expect(parser.hasMore == expected)
  }
}
