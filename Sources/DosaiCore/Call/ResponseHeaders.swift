/// The headers of a response, each kept as `name NUL value NUL`.
package final class ResponseHeaders {
  private let buffer = Buffer()
  package private(set) var httpStatus: Int32 = 0
  /// All headers have arrived; a status line comes next.
  package private(set) var isOver = true
  private var isKept = false  // whether the header of the last line was kept
  private var isRedacted = false

  package init() {}

  /// Adds a line as it was received. The first one, and the first after a blank line, is a status line, which begins a
  /// new answer. A line that begins with a blank continues the header before it (RFC 9112, 5.2).
  package func add(line: Bytes) throws(Failure) {
    let text = line.trimmed
    isRedacted = false
    if isOver { return begin(text) }
    isOver = line.first == UInt8(ascii: "\r") || line.first == UInt8(ascii: "\n")
    if text.firstIndex(of: 0, from: 0) != nil || text.isEmpty { return }
    if line.first?.isBlank == true { return try goOn(text) }
    isKept = false
    guard let colon = text.firstIndex(of: UInt8(ascii: ":"), from: 0), colon > 0 else { return }
    let name = text.slice(0, colon)
    // A cookie is a credential, and is not needed.
    if name.equalsIgnoringCase(literal("set-cookie")) { return }
    isKept = true
    try buffer.append(name)
    try buffer.append(0)
    try Text.appendRepaired(text.slice(colon + 1, text.count).trimmed, to: buffer)
    try buffer.append(0)
  }

  private func begin(_ text: Bytes) {
    buffer.removeAll()
    isKept = false
    isOver = false
    let space = text.firstIndex(of: UInt8(ascii: " "), from: 0) ?? text.count
    let number = Text.integer(text.slice(space + 1, space + 4)).flatMap { Int32(exactly: $0) }
    httpStatus = max(0, number ?? 0)
  }

  private func goOn(_ text: Bytes) throws(Failure) {
    guard isKept else { return }
    buffer.truncate(to: buffer.count - 1)
    if buffer.bytes.last != 0 { try buffer.append(UInt8(ascii: " ")) }
    try Text.appendRepaired(text, to: buffer)
    try buffer.append(0)
  }

  /// The value of the first header of that name, ignoring case; NUL-terminated.
  package func value(_ name: Bytes) -> Bytes? { value(name) { _ in true } }

  /// Whether a header of that name has the word in its list, ignoring case (RFC 9110, 5.6.1).
  package func lists(_ name: StaticString, _ word: Bytes) -> Bool {
    value(name.bytes) { list in
      var rest = list
      while !rest.isEmpty {
        let end = rest.firstIndex(of: UInt8(ascii: ","), from: 0) ?? rest.count
        if rest.slice(0, end).trimmed.equalsIgnoringCase(word) { return true }
        rest = rest.slice(end + 1, rest.count)
      }
      return false
    } != nil
  }

  private func value(_ name: Bytes, where isWanted: (Bytes) -> Bool) -> Bytes? {
    let bytes = buffer.bytes
    var at = 0
    while let nameEnd = bytes.firstIndex(of: 0, from: at),
      let valueEnd = bytes.firstIndex(of: 0, from: nameEnd + 1)
    {
      let value = Bytes(rebasing: bytes[nameEnd + 1..<valueEnd])
      if bytes.slice(at, nameEnd).equalsIgnoringCase(name) && isWanted(value) { return value }
      at = valueEnd + 1
    }
    return nil
  }

  package func value(_ name: StaticString) -> Bytes? { value(name.bytes) }

  /// All of them, as they are kept.
  package var list: Bytes { buffer.bytes }

  package var requestID: Bytes? { value("x-request-id") ?? value("apim-request-id") ?? value("request-id") }

  /// Redacts those that have arrived since the last time.
  package func redact(_ secret: Secret?) {
    if !isRedacted { secret?.redact(buffer, isAnswer: false) }
    isRedacted = true
  }
}
