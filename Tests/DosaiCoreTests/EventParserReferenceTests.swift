import DosaiCore
import Testing

/// The algorithm of WHATWG HTML, 9.2.6, written as it stands there, on a body that is whole.
private enum Reference {
  static func read(_ body: [UInt8]) -> Outcome {
    var outcome = Outcome()
    var rest = body.starts(with: [0xEF, 0xBB, 0xBF]) ? body.dropFirst(3) : body[...]
    var data: [UInt8]?
    var type: [UInt8] = []
    var id: [UInt8] = []
    while !rest.isEmpty {
      let end = rest.firstIndex { $0 == 0x0A || $0 == 0x0D }
      let line = [UInt8](rest[..<(end ?? rest.endIndex)])
      rest = end.map { rest[($0 + 1)...] } ?? []
      if let end, body[end] == 0x0D, rest.first == 0x0A { rest = rest.dropFirst() }
      if line.isEmpty {
        if let data { outcome.events.append(seen(data, type, id, isOpen: false)) }
        data = nil
        type = []
      } else if line.first != UInt8(ascii: ":") {
        let parts = line.split(separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
        var value = parts.count > 1 ? [UInt8](parts[1]) : []
        if value.first == UInt8(ascii: " ") { value.removeFirst() }
        switch String(decoding: parts[0], as: UTF8.self) {
        case "data": data = data.map { $0 + [0x0A] + value } ?? value
        case "event": type = value
        case "id": if !value.contains(0) { id = value }
        case "retry":
          let isNumber = !value.isEmpty && value.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
          if isNumber, let number = Int64(String(decoding: value, as: UTF8.self)) { outcome.retry = number }
        default: break
        }
      }
    }
    // Not there, but DESIGN 7: what is left is given as open.
    if let data { outcome.events.append(seen(data, type, id, isOpen: true)) }
    outcome.lastEventID = String(decoding: id, as: UTF8.self)
    return outcome
  }

  private static func seen(_ data: [UInt8], _ type: [UInt8], _ id: [UInt8], isOpen: Bool) -> Seen {
    var seen = Seen(
      "", type: String(decoding: type, as: UTF8.self), id: String(decoding: id, as: UTF8.self), isOpen: isOpen)
    seen.data = data
    return seen
  }
}

struct EventParserReferenceTests {
  /// What bodies are put together from.
  static let parts: [[UInt8]] = [
    "\n", "\r", "data", ":", " ", "x", "event", "id", "retry", "7", "\u{FEFF}", "data: ", "\n\n", "\r\n", "\0",
  ].map { [UInt8]($0.utf8) }

  static func compare(_ body: [UInt8]) {
    let expected = Reference.read(body)
    for pieces in [[body[...]], Split.bytes(body, by: 1)] where Outcome(of: pieces) != expected {
      Issue.record("\(String(decoding: body, as: UTF8.self).debugDescription), \(pieces.count) pieces: not \(expected)")
    }
  }

  @Test func agreesOnEveryShortBody() {
    for length in 0...3 {
      var count = 1
      for _ in 0..<length { count *= Self.parts.count }
      for number in 0..<count {
        var left = number
        var body: [UInt8] = []
        for _ in 0..<length {
          body += Self.parts[left % Self.parts.count]
          left /= Self.parts.count
        }
        Self.compare(body)
      }
    }
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func agreesOnLongerBodies(seed: UInt64) {
    var state = seed
    func random(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    for _ in 0..<200 {
      Self.compare((0..<random(40)).flatMap { _ in Self.parts[random(Self.parts.count)] })
    }
  }
}
