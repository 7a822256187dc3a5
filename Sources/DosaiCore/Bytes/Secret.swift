/// The key. Its memory is overwritten when it goes.
package final class Secret {
  /// Nobody else changes it, or keeps it for longer than this.
  package let buffer = Buffer()

  package init(_ bytes: Bytes) throws(Failure) {
    try buffer.append(bytes)
    try buffer.reserve(0)
  }

  deinit { buffer.wipe() }

  package var bytes: Bytes { buffer.bytes }

  private static let answerLeast = 12

  /// The bytes, where they may not stand in an answer; else none.
  package var answerBytes: Bytes { buffer.count >= Self.answerLeast ? buffer.bytes : .empty }

  /// Writes asterisks over each place where the key stands in `text`, also where JSON's escapes stand for some of it.
  ///
  /// In what is the model's own text, words such as "ollama" or "EMPTY", which are given as keys to servers that want
  /// none, are left alone: nothing shorter than 12 bytes counts as a secret there. Whether anything was written.
  @discardableResult package func redact(_ text: Buffer, isAnswer: Bool) -> Bool {
    guard bytes.count >= (isAnswer ? Self.answerLeast : 4) else { return false }
    var isFound = false
    var from = 0
    while let found = text.bytes.firstIndex(of: bytes, from: from) {
      from = found + bytes.count
      hide(text, found..<from)
      isFound = true
    }
    from = 0
    while let found = Self.escapedPlace(of: bytes, in: text.bytes, from: from) {
      from = found.upperBound
      hide(text, found)
      isFound = true
    }
    return isFound
  }

  /// Whether a secret that is not empty stands in the text, also where JSON's escapes stand for some of it.
  static func stands(_ secret: Bytes, in text: Bytes) -> Bool {
    text.firstIndex(of: secret) != nil || escapedPlace(of: secret, in: text, from: 0) != nil
  }

  private func hide(_ text: Buffer, _ range: Range<Int>) { for i in range { text.mutable[i] = UInt8(ascii: "*") } }

  /// Where the key stands next with an escape in it.
  private static func escapedPlace(of secret: Bytes, in text: Bytes, from: Int) -> Range<Int>? {
    guard var escape = text.firstIndex(of: UInt8(ascii: "\\"), from: from) else { return nil }
    let hasNamed = secret.contains(where: isNamed)
    while true {
      let mayCount = hasNamed || text.slice(escape + 1, escape + 2).first == UInt8(ascii: "u")
      let first = mayCount ? escaped(text, escape) : nil
      if let first, let found = place(of: secret, in: text, escape, first.byte) { return found }
      let from = escape + (first?.length ?? 2)
      guard let next = text.firstIndex(of: UInt8(ascii: "\\"), from: from) else { return nil }
      escape = next
    }
  }

  /// Where the key stands, the first of its escapes at `escape`, of the byte `first`; nil: it does not.
  private static func place(of secret: Bytes, in text: Bytes, _ escape: Int, _ first: UInt8) -> Range<Int>? {
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

  /// The ASCII character that the escape at `at` stands for, where the key could have it, and the escape's length.
  private static func escaped(_ text: Bytes, _ at: Int) -> (byte: UInt8, length: Int)? {
    guard at + 1 < text.count, text[at] == UInt8(ascii: "\\") else { return nil }
    let next = text[at + 1]
    if isNamed(next) { return (next, 2) }
    guard let (scalar, length) = JSONScanner.escapedScalar(text, at), scalar < 0x80 else { return nil }
    return (UInt8(truncatingIfNeeded: scalar), length)
  }
}
