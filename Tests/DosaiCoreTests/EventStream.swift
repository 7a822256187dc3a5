import DosaiCore
import Testing

/// What a parser made of one event.
struct Seen: Equatable, CustomStringConvertible {
  var data: [UInt8]
  var type: String
  var id: String
  var isOpen: Bool

  /// "data" alone for a message without an id.
  init(_ data: String, type: String = "", id: String = "", isOpen: Bool = false) {
    self.data = [UInt8](data.utf8)
    self.type = type
    self.id = id
    self.isOpen = isOpen
  }

  init(_ event: EventParser.Event, id: String) {
    data = [UInt8](event.data)
    type = event.type.string
    self.id = id
    isOpen = event.isOpen
  }

  var description: String {
    "\(String(decoding: data, as: UTF8.self).debugDescription) type=\(type) id=\(id)\(isOpen ? " open" : "")"
  }
}

/// What a parser made of a body.
struct Outcome: Equatable {
  var events: [Seen] = []
  var lastEventID = ""
  var retry: Int64 = -1
  var status = Status.ok

  init(_ events: [Seen] = [], lastEventID: String = "", retry: Int64 = -1, status: Status = .ok) {
    self.events = events
    self.lastEventID = lastEventID
    self.retry = retry
    self.status = status
  }

  /// Feeds the pieces to a parser, each in memory of its own that is gone before the next.
  init(of pieces: [ArraySlice<UInt8>], bytesMax: Int = 1 << 20) {
    let parser = EventParser(bytesMax: bytesMax)
    status = DosaiCoreTests.status {
      for piece in pieces {
        try [UInt8](piece).lent { try parser.feed($0) }
        while let event = try parser.next() { events.append(Seen(event, id: parser.lastEventID.string)) }
      }
      while let event = try parser.next() { events.append(Seen(event, id: parser.lastEventID.string)) }
      if let event = try parser.finish() { events.append(Seen(event, id: parser.lastEventID.string)) }
      #expect(try parser.next() == nil)
    }
    lastEventID = parser.lastEventID.string
    retry = parser.retry
  }
}

/// Ways to cut a body.
enum Split {
  static func bytes(_ body: [UInt8], by size: Int) -> [ArraySlice<UInt8>] {
    stride(from: 0, to: body.count, by: size).map { body[$0..<min($0 + size, body.count)] }
  }

  /// In two at each place, the ends too, with nothing between.
  static func everywhere(_ body: [UInt8]) -> [[ArraySlice<UInt8>]] {
    (0...body.count).map { [body[..<$0], [], body[$0...]] }
  }
}

/// Expects the same of a body whole, byte by byte, by two and three, and cut in two at each place.
func expect(
  _ body: [UInt8], gives expected: Outcome, bytesMax: Int = 1 << 20, at location: SourceLocation = #_sourceLocation
) {
  let ways = [[body[...]], Split.bytes(body, by: 1), Split.bytes(body, by: 2), Split.bytes(body, by: 3)]
  for pieces in ways + Split.everywhere(body) {
    let outcome = Outcome(of: pieces, bytesMax: bytesMax)
    guard outcome != expected else { continue }
    let cut = pieces.map { String(decoding: $0, as: UTF8.self) }
    Issue.record("\(cut) gave \(outcome), not \(expected)", sourceLocation: location)
    return
  }
}

func expect(
  _ text: String, gives expected: Outcome, bytesMax: Int = 1 << 20, at location: SourceLocation = #_sourceLocation
) {
  expect([UInt8](text.utf8), gives: expected, bytesMax: bytesMax, at: location)
}

extension EventParser {
  /// What its buffers hold in memory.
  var room: Int {
    ["input", "data", "type"].reduce(lastEventID.room) { sum, name in
      sum + ((Mirror(reflecting: self).descendant(name) as? Buffer)?.room ?? .max)
    }
  }
}
