/// A template that has no slot but its text, as most have.
struct PlainTemplate {
  /// The literal bytes: `head` of them precede the text, and `tail` follow it.
  let known: UnsafePointer<UInt8>
  let head: Int
  let tail: Int
  /// Where the text is appended.
  let text: Unmanaged<Buffer>

  /// The end of the text of the event from `start` on; nil: the event does not match, or is not complete yet.
  @inline(__always)
  func match(
    _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>
  ) -> (textEnd: UnsafePointer<UInt8>, isEscaped: Bool)? {
    guard end - start >= head &+ 16, isEqual(start, known, head) else { return nil }
    var seen: UInt64 = 0
    var isEscaped = false
    var textEnd = Text.plainEnd(start + head, end, &seen)
    if textEnd < end, textEnd.pointee == UInt8(ascii: "\\") {
      isEscaped = true
      textEnd = Text.stringEnd(textEnd, end, &seen)
    }
    guard end - textEnd >= tail, isEqualShort(textEnd, known + head, tail), textEnd > start + head,
      seen & 0x8080_8080_8080_8080 == 0 || EventTemplate.isValid(start + head, textEnd)
    else { return nil }
    return (textEnd, isEscaped)
  }

  /// Appends the text from `start` on, from which 16 bytes can be read, and returns what was appended. nil: nothing was;
  /// the text contains the secret, or a broken escape, or there is no memory.
  @inline(__always)
  func add(_ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, isEscaped: Bool, _ secret: Bytes) -> Bytes? {
    let count = end - start
    if !isEscaped, secret.isEmpty || count < secret.count,
      let added = text._withUnsafeGuaranteedRef({ $0.addShort(start, count) })
    {
      return Bytes(start: added, count: count)
    }
    return addLong(Bytes(start: start, count: count), isEscaped: isEscaped, secret)
  }

  @inline(never)
  private func addLong(_ added: Bytes, isEscaped: Bool, _ secret: Bytes) -> Bytes? {
    text._withUnsafeGuaranteedRef { $0.add(added, isEscaped: isEscaped, avoiding: secret) }.flatMap {
      $0.isEmpty ? nil : $0
    }
  }
}
