/// The key. Its memory is overwritten before it is freed.
package final class Secret {
  /// Nobody else may change it, or keep it for longer than this object.
  package let buffer = Buffer()

  package init(_ bytes: Bytes) throws(Failure) {
    try buffer.append(bytes)
    try buffer.reserve(0)
  }

  deinit { buffer.wipe() }

  package var bytes: Bytes { buffer.bytes }

  private static let answerMin = 12

  /// The bytes, if they must not appear in an answer; otherwise empty.
  package var answerBytes: Bytes { buffer.count >= Self.answerMin ? buffer.bytes : .empty }

  /// Overwrites the key with asterisks wherever it occurs in `text`, even if some of it is written as JSON escapes.
  /// Returns whether it occurred.
  ///
  /// In an answer, keys shorter than 12 bytes are not overwritten: words such as "ollama" or "EMPTY" are used as keys
  /// for servers that need none, and may be part of the model's text.
  @discardableResult package func redact(_ text: Buffer, isAnswer: Bool) -> Bool {
    guard bytes.count >= (isAnswer ? Self.answerMin : 4) else { return false }
    var isFound = false
    var from = 0
    while let found = text.bytes.firstIndex(of: bytes, from: from) {
      from = found + bytes.count
      hide(text, found..<from)
      isFound = true
    }
    from = 0
    while let found = Self.escapedRange(of: bytes, in: text.bytes, from: from) {
      from = found.upperBound
      hide(text, found)
      isFound = true
    }
    return isFound
  }

  /// Whether a text, which is not JSON, contains a secret. An empty one is nowhere.
  @inline(__always)
  static func isWritten(_ secret: Bytes, in text: Bytes) -> Bool {
    !secret.isEmpty && text.count >= secret.count && text.firstIndex(of: secret) != nil
  }

  /// Whether a secret, which is not empty, occurs in the text, even if some of it is written as JSON escapes.
  static func occurs(_ secret: Bytes, in text: Bytes) -> Bool {
    text.firstIndex(of: secret) != nil || escapedRange(of: secret, in: text, from: 0) != nil
  }

  private func hide(_ text: Buffer, _ range: Range<Int>) { for i in range { text.mutable[i] = UInt8(ascii: "*") } }

  /// Where the key occurs next with at least one escape.
  private static func escapedRange(of secret: Bytes, in text: Bytes, from: Int) -> Range<Int>? {
    let hasNamed = secret.contains(where: isNamed)
    var at = from
    while let escape = text.firstIndex(of: UInt8(ascii: "\\"), from: at), escape + 1 < text.count {
      at = escape + 2
      guard hasNamed || text[escape + 1] == UInt8(ascii: "u"), let first = escaped(text, escape) else { continue }
      if let found = range(of: secret, in: text, escape, first.byte) { return found }
      at = escape + first.length
    }
    return nil
  }

  /// Where the key occurs with its first escape at `escape`, which is that of the byte `first`; nil: it does not.
  private static func range(of secret: Bytes, in text: Bytes, _ escape: Int, _ first: UInt8) -> Range<Int>? {
    var begin = secret.firstIndex(of: first, from: 0)
    while let before = begin, before <= escape {
      begin = secret.firstIndex(of: first, from: before + 1)
      guard text.slice(escape - before, escape).equals(secret.slice(0, before)) else { continue }
      var at = escape
      var matched = before
      while matched < secret.count, at < text.count {
        let next = escaped(text, at) ?? (byte: text[at], length: 1)
        guard next.byte == secret[matched] else { break }
        at += next.length
        matched += 1
      }
      if matched == secret.count { return escape - before..<at }
    }
    return nil
  }

  private static func isNamed(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "/") || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
  }

  /// The ASCII character of the escape at `at`, if the key could contain it, and the length of the escape.
  private static func escaped(_ text: Bytes, _ at: Int) -> (byte: UInt8, length: Int)? {
    guard at + 1 < text.count, text[at] == UInt8(ascii: "\\") else { return nil }
    let next = text[at + 1]
    if isNamed(next) { return (next, 2) }
    guard let (scalar, length) = JSONScanner.escapedScalar(text, at), scalar < 0x80 else { return nil }
    return (UInt8(truncatingIfNeeded: scalar), length)
  }
}
