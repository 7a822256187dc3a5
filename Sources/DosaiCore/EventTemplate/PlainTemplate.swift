/// A template that has no slot but its text, as most have.
extension EventTemplate {
  /// Where the text of the event from `start` on begins; nil: the event does not match, or is not complete yet.
  @inline(__always)
  func plainText(_ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> UnsafePointer<UInt8>? {
    guard let known = plain, end - start >= head &+ 16, isEqual(start, known, head) else { return nil }
    return start + head
  }

  /// Whether the event ends with the template's bytes behind `textEnd`.
  @inline(__always)
  func matchesTail(_ textEnd: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> Bool {
    guard let known = plain, end - textEnd >= tail else { return false }
    return isEqualShort(textEnd, known + head, tail)
  }

  /// Appends a text without escapes, from which 16 bytes can be read, to the completion, and returns it there. nil: it
  /// is longer, or may contain the secret, or memory is needed.
  @inline(__always)
  func addShort(_ start: UnsafePointer<UInt8>, _ count: Int, _ secret: SoughtSecret) -> UnsafePointer<UInt8>? {
    if count >= secret.shortMax { return nil }
    return textBytes._withUnsafeGuaranteedRef { $0.addShort(start, count) }
  }

  /// Appends any text, and returns its end in the event, and what was appended. nil: nothing was; the event does not
  /// match, or has more than `room` bytes, or the text contains the secret, or a broken escape, or there is no memory.
  @inline(never)
  func addLong(
    _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, room: Int, _ secret: Bytes
  ) -> (textEnd: UnsafePointer<UInt8>, added: Bytes)? {
    guard let (textEnd, isEscaped) = Text.validEnd(start, end), textEnd > start, textEnd - start <= room,
      matchesTail(textEnd, end)
    else { return nil }
    let text = Bytes(start: start, count: textEnd - start)
    return textBytes._withUnsafeGuaranteedRef {
      guard let added = $0.add(text, isEscaped: isEscaped, avoiding: secret), !added.isEmpty else { return nil }
      return (textEnd, added)
    }
  }
}

/// The key, as an answer could repeat it.
struct SoughtSecret {
  /// Empty if there is none.
  let bytes: Bytes
  /// A text with fewer bytes fits 16, and cannot contain it.
  let shortMax: Int

  init(_ bytes: Bytes) {
    self.bytes = bytes
    shortMax = bytes.isEmpty ? 17 : min(17, bytes.count)
  }
}
