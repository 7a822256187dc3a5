import DosaiCore

/// The current event of an endpoint other than chat, and what its last event is.
package final class AnyEvent {
  package let data = Buffer()
  package let type = Buffer()
  package let id = Buffer()
  /// Separated by spaces; nil: the end of its connection ends the stream.
  let lastNames: Buffer?

  private static let kept = 1 << 16
  private var idCount = 0

  init(lastOf names: Buffer?) { lastNames = names }

  /// Copies an event, without the key. What is empty has no memory. Returns whether its text had to be repaired.
  func read(_ event: EventParser.Event, _ parser: EventParser, _ secret: Secret?) throws(Failure) -> Bool {
    var isRepaired = false
    for (buffer, text) in [(data, event.data), (type, event.type), (id, parser.lastEventID.bytes)] {
      if buffer === id && idCount == parser.idCount { continue }  // many events may follow a long one
      buffer.shrink(keeping: text.isEmpty ? 0 : Self.kept)
      if text.isEmpty { continue }
      try Text.appendRepaired(text, to: buffer)
      if Text.firstInvalid(text) != nil { isRepaired = true }
      secret?.redact(buffer, isAnswer: true)
    }
    idCount = parser.idCount
    return isRepaired
  }

  /// Whether its type or its data is one of the names.
  var isLast: Bool {
    guard let lastNames else { return false }
    var names = lastNames.bytes
    while !names.isEmpty {
      let end = names.firstIndex(of: UInt8(ascii: " "), from: 0) ?? names.count
      let name = names.slice(0, end)
      if !name.isEmpty, name.equals(type.bytes) || name.equals(data.bytes.trimmed) { return true }
      names = names.slice(end + 1, names.count)
    }
    return false
  }

  /// Whether it is of the type "error", or its JSON has an "error".
  func reportsError(isJSON: Bool) -> Bool {
    if type.bytes.equals("error") { return true }
    let text = data.bytes.trimmed
    var members = JSONScanner.Members(isJSON ? text : .empty)
    while let member = members.next() {
      if !member.key.equals("error") { continue }
      let value = text.slice(member.value.lowerBound, member.value.upperBound)
      return value.first == UInt8(ascii: "{") || value.first == UInt8(ascii: "\"") && value.count > 2
    }
    return false
  }
}
