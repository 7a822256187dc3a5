/// The headers of a response, each kept as `name NUL value NUL`.
package final class ResponseHeaders {
  private let buffer = Buffer()
  package private(set) var httpStatus: Int32 = 0

  package init() {}

  /// Takes one line as it came, the status line too, with which a new answer begins.
  package func add(line: Bytes) throws(Failure) {
    let text = line.trimmed
    if text.starts(with: "HTTP/") {
      buffer.removeAll()
      let space = text.firstIndex(of: UInt8(ascii: " "), from: 0) ?? text.count
      let number = Text.integer(text.part(space + 1, space + 4)).flatMap { Int32(exactly: $0) }
      httpStatus = max(0, number ?? 0)
      return
    }
    guard let colon = text.firstIndex(of: UInt8(ascii: ":"), from: 0), colon > 0 else { return }
    let name = text.part(0, colon)
    // A cookie is a credential, and nothing here has a use for it.
    if name.equalsIgnoringCase(literal("set-cookie")) || text.firstIndex(of: 0, from: 0) != nil { return }
    try buffer.append(name)
    try buffer.append(0)
    try Text.appendRepaired(text.part(colon + 1, text.count).trimmed, to: buffer)
    try buffer.append(0)
  }

  package func clear() {
    buffer.removeAll()
    httpStatus = 0
  }

  /// The value of the first header of that name in any case; a NUL follows it.
  package func value(_ name: Bytes) -> Bytes? {
    let bytes = buffer.bytes
    var at = 0
    while let nameEnd = bytes.firstIndex(of: 0, from: at),
      let valueEnd = bytes.firstIndex(of: 0, from: nameEnd + 1)
    {
      if bytes.part(at, nameEnd).equalsIgnoringCase(name) {
        return Bytes(rebasing: bytes[nameEnd + 1..<valueEnd])
      }
      at = valueEnd + 1
    }
    return nil
  }

  package func value(_ name: StaticString) -> Bytes? { value(name.bytes) }

  package var requestID: Bytes? { value("x-request-id") ?? value("apim-request-id") ?? value("request-id") }

  package func redact(_ secret: Secret?) { secret?.redact(buffer, isAnswer: false) }
}
