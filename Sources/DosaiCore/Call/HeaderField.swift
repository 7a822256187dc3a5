/// A header of a request. Its memory is overwritten before it is freed, because its value may be the key.
package final class HeaderField {
  package let name = Buffer()
  package let value = Buffer()

  package init(_ name: Bytes, _ value: Bytes) throws(Failure) {
    try self.name.append(name)
    try self.value.append(value)
  }

  /// Parses "Name: value". INVALID_ARGUMENT: not a single header line, or a header that the transport sets itself.
  package static func parse(_ line: Bytes) throws(Failure) -> HeaderField {
    guard let colon = line.firstIndex(of: UInt8(ascii: ":"), from: 0), colon > 0 else {
      throw .invalid("headers: each must be \"Name: value\"")
    }
    let name = line.slice(0, colon)
    let value = line.slice(colon + 1, line.count)
    for byte in name where !isNameByte(byte) {
      throw .invalid("headers: a name has a character that names cannot have")
    }
    try check(value, "headers: a value has a control character or a character that is not ASCII")
    if name.isOfTransport { throw .invalid("headers: the transport sets this header itself") }
    return try HeaderField(name, value.trimmed)
  }

  deinit {
    name.wipe()
    value.wipe()
  }

  /// Refuses all bytes outside 0x20 to 0x7E, such as CR, LF and NUL.
  package static func check(_ value: Bytes, _ message: Constant) throws(Failure) {
    for byte in value where byte < 0x20 || byte > 0x7E { throw .invalid(message) }
  }

  /// RFC 9110, 5.6.2: tchar.
  package static func isNameByte(_ byte: UInt8) -> Bool {
    let marks: StaticString = "!#$%&'*+-.^_`|~"
    return byte.isDigit || byte.isLetter || marks.bytes.firstIndex(of: byte, from: 0) != nil
  }
}

extension UnsafeBufferPointer where Element == UInt8 {
  /// Whether a header of this name describes the framing of the message, or is meant only for the connection or a
  /// proxy.
  package var isOfTransport: Bool {
    if slice(0, 6).equalsIgnoringCase(literal("proxy-")) { return true }
    for other in [
      "content-length", "transfer-encoding", "connection", "expect", "upgrade", "trailer", "te", "keep-alive",
      "http2-settings",
    ] as [StaticString] where equalsIgnoringCase(other.bytes) { return true }
    return false
  }
}

extension Array where Element == HeaderField {
  /// Adds the field, or replaces the one with the same name.
  @inline(never)
  package mutating func set(_ field: HeaderField) {
    for i in indices where self[i].name.bytes.equalsIgnoringCase(field.name.bytes) {
      self[i] = field
      return
    }
    append(field)
  }
}
