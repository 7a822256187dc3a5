import DosaiCore

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
  var status = Status.ok

  init(_ events: [Seen] = [], lastEventID: String = "", status: Status = .ok) {
    self.events = events
    self.lastEventID = lastEventID
    self.status = status
  }

  /// Feeds the pieces to a parser, each in memory of its own that is gone before the next.
  init(of pieces: [ArraySlice<UInt8>], bytesMax: Int = 1 << 20) {
    let parser = EventParser(bytesMax: bytesMax)
    do {
      for piece in pieces {
        try [UInt8](piece).lent { try parser.feed($0) }
        while let event = try parser.next() { events.append(Seen(event, id: parser.lastEventID.string)) }
      }
      while let event = try parser.next() { events.append(Seen(event, id: parser.lastEventID.string)) }
      if let event = try parser.finish() { events.append(Seen(event, id: parser.lastEventID.string)) }
      if try parser.next() != nil { throw Failure.internalError }
    } catch { status = (error as? Failure)?.status ?? .internalError }
    lastEventID = parser.lastEventID.string
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
