import DosaiCore
import TestSupport
import Testing

@Suite("EventParser on the cases of other projects", .enabled(if: SharedCases.arePresent, SharedCases.absence))
struct EventParserCasesTests {
  /// Cases whose body ends inside an event, which WHATWG drops. By docs/design.md, 7, it counts if its JSON is complete;
  /// the parser gives it as open, and with it the id that it has.
  static let openAtTheEnd: Set = [
    "esp-1mb-unterminated-default", "esp-mixed-comments", "go-eof-incomplete-data", "ld-reconnect-partial-discard",
    "node-eof-one-cr", "node-eof-one-crlf", "node-eof-one-lf", "py-mixed-endings", "py-unterminated-data",
    "wpt-data-before-final-empty-line",
  ]

  static let all = EventCase.files.flatMap { SharedCases.read($0, as: EventCase.self) }

  @Test func areThere() {
    #expect(Self.all.count >= 165)
    #expect(Set(Self.all.map(\.id)).count == Self.all.count)
    #expect(Self.openAtTheEnd.isSubset(of: Self.all.map(\.id)))
  }

  @Test(arguments: all)
  func replay(_ replayed: EventCase) throws {
    let expected = replayed.outcome
    #expect(!replayed.splits.isEmpty)
    for split in replayed.splits {
      for pieces in try replayed.pieces(split) {
        var outcome = try Outcome(of: pieces, bytesMax: replayed.options?.max_event_bytes ?? 128 << 20).repaired()
        let isOpen = outcome.events.last?.isOpen == true
        if isOpen { outcome.events.removeLast() }
        #expect(isOpen == Self.openAtTheEnd.contains(replayed.id), "\(split)")
        #expect(outcome.events == expected.events, "\(split)")
        #expect(outcome.status == expected.status, "\(split)")
        if replayed.expect.last_event_id == nil || isOpen { continue }
        #expect(outcome.lastEventID == expected.lastEventID, "\(split)")
      }
    }
  }
}
