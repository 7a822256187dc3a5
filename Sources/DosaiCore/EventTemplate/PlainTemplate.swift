/// A template that has no slot but its text, as most have.
extension EventTemplate {
  /// Whether the event from `start` on begins with the bytes before the template's text, and 16 more have arrived.
  @inline(__always)
  func matchesHead(_ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> Bool {
    guard let known = plain, end - start >= head &+ 16 else { return false }
    return isEqual(start, known, head)
  }

  /// Whether the event ends with the template's bytes behind `textEnd`.
  @inline(__always)
  func matchesTail(_ textEnd: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> Bool {
    guard let known = plain, end - textEnd >= tail else { return false }
    return isEqualShort(textEnd, known + head, tail)
  }

  /// Whether the event ends with the template's bytes behind `textEnd`, and the next one begins as this one.
  @inline(__always)
  func matchesTailAndHead(_ textEnd: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> Bool {
    guard let known = between.start, end - textEnd >= between.count &+ 16 else { return false }
    return isEqual(textEnd, known, between.count)
  }

  /// Appends a text without escapes, from which 16 bytes can be read, to the completion, and returns it there. nil: it
  /// is longer, or may contain the secret, or memory is needed.
  @inline(__always)
  func addShort(_ start: UnsafePointer<UInt8>, _ count: Int, _ secret: SoughtSecret) -> UnsafePointer<UInt8>? {
    if count >= secret.shortMax { return nil }
    return textBytes._withUnsafeGuaranteedRef { $0.addShort(start, count) }
  }

  /// As `addLong`, for most texts with escapes or beyond ASCII, in one pass. nil also if it is not accepted.
  @inline(__always)
  func addDecoded(
    _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>,
    accepts: (_ textEnd: UnsafePointer<UInt8>, Bytes) -> Bool
  ) -> (textEnd: UnsafePointer<UInt8>, added: Bytes)? {
    textBytes._withUnsafeGuaranteedRef { $0.addDecoded(start, end, accepts: accepts) }
  }

  /// Appends any text, and returns its end in the event, and what was appended. nil: nothing was; the event does not
  /// match, or has more than `room` bytes, or the text contains the secret, or a broken escape, or there is no memory.
  @inline(never)
  func addLong(
    _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, room: Int, _ secret: Bytes
  ) -> (textEnd: UnsafePointer<UInt8>, added: Bytes)? {
    guard let (textEnd, isEscaped) = Text.validEnd(start, end), textEnd - start <= room, matchesTail(textEnd, end)
    else { return nil }
    let text = Bytes(start: start, count: textEnd - start)
    return textBytes._withUnsafeGuaranteedRef {
      guard let added = $0.add(text, isEscaped: isEscaped, avoiding: secret), !added.isEmpty else { return nil }
      return (textEnd, added)
    }
  }
}

extension Buffer {
  /// Appends what a JSON string stands for, and returns its end, and what was appended. nil: it must be read in another
  /// way; it is not short, or has an escape with digits, or is broken.
  @inline(__always)
  fileprivate func addDecoded(
    _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>,
    accepts: (_ textEnd: UnsafePointer<UInt8>, Bytes) -> Bool
  ) -> (textEnd: UnsafePointer<UInt8>, added: Bytes)? {
    guard let first = self.end else { return nil }
    guard let (textEnd, out) = Self.decode(start, end, to: first, first + free), textEnd > start,
      accepts(textEnd, Bytes(start: first, count: out - first))
    else {
      first.pointee = 0  // nothing was appended
      return nil
    }
    extend(by: out - first)
    return (textEnd, Bytes(start: first, count: out - first))
  }

  @inline(__always)
  private static func decode(
    _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, to first: UnsafeMutablePointer<UInt8>,
    _ outEnd: UnsafeMutablePointer<UInt8>
  ) -> (textEnd: UnsafePointer<UInt8>, out: UnsafeMutablePointer<UInt8>)? {
    var (at, out) = (start, first)
    let (last, outLast) = (end - 20, outEnd - 20)  // sixteen bytes are copied, and then up to four
    while at.pointee != UInt8(ascii: "\"") {
      if at > last || out >= outLast { return nil }
      let bytes = Sixteen(at: at)
      bytes.write(to: out)
      let special = Text.shortEnd(bytes, at)
      out += special - at
      at = special
      if at.pointee == UInt8(ascii: "\\") {
        guard let byte = Text.unescaped(at[1]) else { return nil }
        out.pointee = byte
        out += 1
        at += 2
      } else if at.pointee >= 0x80 {
        repeat {
          let length = Text.shortSequence(at)
          if length == 0 { return nil }
          let bytes = UnsafeRawPointer(at).loadUnaligned(as: UInt32.self)
          UnsafeMutableRawPointer(out).storeBytes(of: bytes, as: UInt32.self)
          out += length
          at += length
        } while at.pointee >= 0x80 && at <= last && out < outLast
      } else if at.pointee != UInt8(ascii: "\"") {
        return nil
      }
    }
    return (at, out)
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
