import DosaiCore
import Testing

struct EventParserReferenceTests {
  /// What bodies are put together from.
  static let parts: [[UInt8]] = [
    "\n", "\r", "data", ":", " ", "x", "event", "id", "retry", "7", "\u{FEFF}", "data: ", "\n\n", "\r\n", "\0",
  ].map { [UInt8]($0.utf8) }

  static func compare(_ body: [UInt8]) {
    let expected = EventReference.read(body)
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
