import DosaiCore
import TestSupport
import Testing

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
