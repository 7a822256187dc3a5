import DosaiCore
import TestSupport
import Testing

/// What an event may hold, and what is dropped as it arrives.
struct EventParserLimitTests {
  /// A line counts with its field name, together with the data before it.
  @Test(arguments: [
    ("data: 1234\n\n", 10), ("data:12345\r\n\r\n", 10), ("data: 12\ndata:345\n\n", 10),
    ("data:1\ndata:2\ndata:3\n\n", 9),
    ("event: abc\ndata\n\n", 10), ("id: 123456\ndata\n\n", 10),
  ])
  func holdsAnEventToItsLimit(text: String, limit: Int) throws {
    let whole = Outcome(of: [[UInt8](text.utf8)[...]])
    try #require(whole.status == .ok && whole.events.count == 1)
    expect(text, gives: whole, bytesMax: limit)
    let body = [UInt8](text.utf8)
    for pieces in [[body[...]], Split.bytes(body, by: 1)] + Split.everywhere(body) {
      let outcome = Outcome(of: pieces, bytesMax: limit - 1)
      #expect(outcome.status == .tooLarge && outcome.events.isEmpty, "\(pieces.map(\.count))")
    }
  }

  @Test(arguments: ["data: 12345", "event: 1234", "id: 1234567", "data: 123\ndata: 45", "data:\n" + "data\n".times(8)])
  func failsBeforeTheLineEnds(text: String) {
    let body = [UInt8](text.utf8)
    for pieces in [[body[...]], Split.bytes(body, by: 1)] {
      #expect(Outcome(of: pieces, bytesMax: 10).status == .tooLarge)
    }
  }

  @Test func countsEachEventAlone() {
    let text = "data: 1234\n\n".times(50) + "data: 1\r\ndata\r\n\r\n"
    expect(text, gives: Outcome([Seen]("1234".times(1).asEvents(50)) + [Seen("1\n")]), bytesMax: 10)
  }

  @Test func hasNoLimitWhereThereIsNone() {
    expect("data: 1\ndata: 2\n\n", gives: Outcome([Seen("1\n2")]), bytesMax: .max)
  }

  @Test(arguments: [
    ":", ": ", ":data: ", "x", "datax: ", "dataa", "events: ", " data: ", "\0", "ide: ", "retry:",
  ])
  func doesNotCountWhatItDrops(start: String) {
    let long = start + "y".times(100)
    expect("\(long)\ndata: 1\n\(long)\r\ndata: 2\n\n\(long)", gives: Outcome([Seen("1\n2")]), bytesMax: 10)
  }

  /// Sixteen megabytes without an end of line, in pieces, take the room of a piece.
  @Test(arguments: [":", "comment:", "datax"])
  func dropsALineAsItArrives(start: String) throws {
    let parser = EventParser(bytesMax: 1000)
    try "data: a\n\(start)".lent { try parser.feed($0) }
    #expect(try parser.next() == nil)
    var most = 0
    for _ in 0..<1000 {
      try "z".times(16 << 10).lent { try parser.feed($0) }
      #expect(try parser.next() == nil)
      most = max(most, parser.room)
    }
    #expect(most < 64 << 10)
    try "\ndata: b\n\n".lent { try parser.feed($0) }
    #expect(try parser.next()?.data.string == "a\nb")
  }

  @Test func dropsManyCommentsAsTheyArrive() throws {
    let parser = EventParser(bytesMax: 1000)
    var most = 0
    for _ in 0..<1000 {
      try ": keep-alive\n\n".times(1000).lent { try parser.feed($0) }
      #expect(try parser.next() == nil)
      most = max(most, parser.room)
    }
    #expect(most < 64 << 10)
  }

  @Test func givesBackTheRoomOfALargeEvent() throws {
    let parser = EventParser(bytesMax: 16 << 20)
    for text in ["data: " + "x".times(4 << 20) + "\n\n", "data: x\ndata: " + "y".times(4 << 20) + "\n\n"] {
      try text.lent { try parser.feed($0) }
      #expect(try parser.next()?.data.count ?? 0 >= 4 << 20)
      #expect(parser.room > 4 << 20)
      for _ in 0..<3 {
        #expect(try parser.next() == nil)
        try "data: a\n\n".lent { try parser.feed($0) }
        #expect(try parser.next()?.data.string == "a")
      }
      #expect(parser.room <= 2 << 20)
    }
  }

  /// What is lent stays until the parser is used again, also where the event was put together from lines.
  @Test func lendsAnEventUntilTheNext() throws {
    let parser = EventParser(bytesMax: 100)
    try "event: x\ndata: a\ndata: b\n\ndata: c\n\ndata: d\n".lent { try parser.feed($0) }
    let first = try #require(try parser.next())
    #expect(first.data.string == "a\nb" && first.type.string == "x")
    let second = try #require(try parser.next())
    #expect(second.data.string == "c" && second.type.isEmpty)
    #expect(try parser.next() == nil)
    let last = try #require(try parser.finish())
    #expect(last.data.string == "d" && last.isOpen)
  }
}

extension String {
  fileprivate func asEvents(_ count: Int) -> [Seen] { [Seen](repeating: Seen(self), count: count) }
}
