/// Checks and repairs UTF-8, and writes JSON text.
package enum Text {
  /// The length of the well-formed UTF-8 sequence at `at` (Unicode 15, table 3-7); negative: how many bytes of a
  /// broken one make up a single U+FFFD (WHATWG Encoding).
  private static func sequence(_ bytes: Bytes, _ at: Int) -> Int {
    let first = bytes[at]
    if first < 0x80 { return 1 }
    let length: Int
    var low: UInt8 = 0x80
    var high: UInt8 = 0xBF
    switch first {
    case 0xC2...0xDF: length = 2
    case 0xE0...0xEF:
      length = 3
      if first == 0xE0 { low = 0xA0 }
      if first == 0xED { high = 0x9F }
    case 0xF0...0xF4:
      length = 4
      if first == 0xF0 { low = 0x90 }
      if first == 0xF4 { high = 0x8F }
    default: return -1
    }
    for i in 1..<length {
      guard at + i < bytes.count, bytes[at + i] >= low, bytes[at + i] <= high else { return -i }
      low = 0x80
      high = 0xBF
    }
    return length
  }

  /// The length of the well-formed sequence of more than one byte at `at`, from where four bytes can be read; 0: there is
  /// none.
  @inline(__always)
  static func shortSequence(_ at: UnsafePointer<UInt8>) -> Int {
    let bytes = UInt32(littleEndian: UnsafeRawPointer(at).loadUnaligned(as: UInt32.self))
    let first = bytes & 0xFF
    if first < 0xE0 { return first >= 0xC2 && bytes & 0xC000 == 0x8000 ? 2 : 0 }
    let start = (first & 15) << 8 | (bytes >> 8 & 0xFF)  // the first two bytes
    if first < 0xF0 {
      return bytes & 0xC0_C000 == 0x80_8000 && start >= 0x0A0 && !(start >= 0xDA0 && start < 0xE00) ? 3 : 0
    }
    return bytes & 0xC0C0_C000 == 0x8080_8000 && first <= 0xF4 && start >= 0x090 && start < 0x490 ? 4 : 0
  }

  /// The index of the first byte that is not UTF-8; nil: all bytes are.
  @inline(never)
  package static func firstInvalid(_ bytes: Bytes) -> Int? {
    guard let base = bytes.baseAddress else { return nil }
    let end = base + bytes.count
    var at = base
    while at < end {
      // Sixteen ASCII bytes at a time.
      if end - at >= 16 {
        let words = Sixteen(at: at).words
        let (one, two) = (words.0 & 0x8080_8080_8080_8080, words.1 & 0x8080_8080_8080_8080)
        at += one != 0 ? one.trailingZeroBitCount &>> 3 : 8 + two.trailingZeroBitCount &>> 3
        if one | two == 0 { continue }
        let length = end - at >= 4 ? shortSequence(at) : 0
        at += length
        if length > 0 { continue }
      }
      let length = sequence(bytes, at - base)
      if length < 0 { return at - base }
      at += length
    }
    return nil
  }

  /// The next quote, backslash, control character or byte beyond ASCII in sixteen bytes, or a byte before it.
  @inline(__always)
  static func shortEnd(_ start: UnsafePointer<UInt8>) -> UnsafePointer<UInt8> {
    shortEnd(Sixteen(at: start), start)
  }

  /// The same in sixteen bytes that were read from `start` on.
  @inline(__always)
  static func shortEnd(_ bytes: Sixteen, _ start: UnsafePointer<UInt8>) -> UnsafePointer<UInt8> {
    let ends = bytes.specialsAndOthers.words
    if ends.0 != 0 { return start + (ends.0.trailingZeroBitCount &>> 3) }
    return start + 8 + (ends.1.trailingZeroBitCount &>> 3)
  }

  /// Where a JSON string ends, and whether it has escapes; nil: it is not UTF-8.
  @inline(never)
  static func validEnd(
    _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>
  ) -> (textEnd: UnsafePointer<UInt8>, isEscaped: Bool)? {
    var seen: UInt64 = 0
    var at = plainEnd(start, end, &seen)
    let isEscaped = at < end && at.pointee == UInt8(ascii: "\\")
    if isEscaped { at = stringEnd(at, end, &seen) }
    if seen & 0x8080_8080_8080_8080 != 0, firstInvalid(Bytes(start: start, count: at - start)) != nil { return nil }
    return (at, isEscaped)
  }

  /// Finds the next quote, backslash or control character in a JSON string; `end` if there is none. The bytes before it,
  /// and perhaps some after it, are or-ed into `seen`.
  @inline(__always)
  static func plainEnd(
    _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ seen: inout UInt64
  ) -> UnsafePointer<UInt8> {
    if end - start < 16 { return plainEndLong(start, end, &seen) }
    return firstSpecial(Sixteen(at: start), start, &seen) ?? plainEndLong(Sixteen.next(start), end, &seen)
  }

  /// The first such character of sixteen bytes, which are from `start` on.
  @inline(__always)
  private static func firstSpecial(
    _ bytes: Sixteen, _ start: UnsafePointer<UInt8>, _ seen: inout UInt64
  ) -> UnsafePointer<UInt8>? {
    let words = bytes.words
    seen |= words.0 | words.1
    return bytes.firstSpecial.map { start + $0 }
  }

  @inline(never)
  private static func plainEndLong(
    _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ seen: inout UInt64
  ) -> UnsafePointer<UInt8> {
    var at = start
    var all = Sixteen()
    if end - at >= 64 {  // most texts end before
      if let found = firstSpecial(Sixteen(aligned: at), at, &seen) { return found }
      at += 16
    }
    while end - at >= 64 {
      let (a, b) = (Sixteen(aligned: at), Sixteen(aligned: at + 16))
      let (c, d) = (Sixteen(aligned: at + 32), Sixteen(aligned: at + 48))
      let found = (a.specials | b.specials | c.specials | d.specials).words
      if found.0 | found.1 != 0 { break }
      all = all | a | b | c | d
      at += 64
    }
    seen |= all.words.0 | all.words.1
    while end - at >= 16 {
      if let found = firstSpecial(Sixteen(aligned: at), at, &seen) { return found }
      at += 16
    }
    while at < end, at.pointee >= 0x20, at.pointee != 0x22, at.pointee != 0x5C {
      seen |= UInt64(at.pointee)
      at += 1
    }
    return at
  }

  /// Finds the quote that ends a JSON string, or a control character in it; `end` if there is none. Whether its escapes
  /// are valid is checked when they are decoded.
  @inline(never)
  static func stringEnd(
    _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ seen: inout UInt64
  ) -> UnsafePointer<UInt8> {
    var at = start
    while true {
      at = plainEnd(at, end, &seen)
      guard at < end, at.pointee == UInt8(ascii: "\\") else { return at }
      if end - at <= 2 { return end }
      at += 2
    }
  }

  /// Appends the bytes with each broken sequence as U+FFFD.
  package static func appendRepaired(_ bytes: Bytes, to buffer: Buffer) throws(Failure) {
    var from = 0
    while let bad = firstInvalid(bytes.slice(from, bytes.count)) {
      try buffer.append(bytes.slice(from, from + bad))
      try buffer.append("\u{FFFD}")
      from += bad + max(1, -sequence(bytes, from + bad))
    }
    try buffer.append(bytes.slice(from, bytes.count))
  }

  /// Appends the text as a JSON string with quotes. Only what must be escaped is escaped (RFC 8259, 7).
  package static func appendQuoted(_ text: Bytes, to buffer: Buffer) throws(Failure) {
    try buffer.append(UInt8(ascii: "\""))
    try appendEscaped(text, to: buffer)
    try buffer.append(UInt8(ascii: "\""))
  }

  package static func appendEscaped(_ text: Bytes, to buffer: Buffer) throws(Failure) {
    guard var at = text.baseAddress else { return }
    let end = at + text.count
    var seen: UInt64 = 0
    while at < end {
      let plain = at
      at = plainEnd(at, end, &seen)
      try buffer.append(Bytes(start: plain, count: at - plain))
      guard at < end else { return }
      try appendEscape(at.pointee, to: buffer)
      at += 1
    }
  }

  private static func appendEscape(_ byte: UInt8, to buffer: Buffer) throws(Failure) {
    switch byte {
    case UInt8(ascii: "\""): try buffer.append("\\\"")
    case UInt8(ascii: "\\"): try buffer.append("\\\\")
    case 0x08: try buffer.append("\\b")
    case 0x09: try buffer.append("\\t")
    case 0x0A: try buffer.append("\\n")
    case 0x0C: try buffer.append("\\f")
    case 0x0D: try buffer.append("\\r")
    default:
      let digits: StaticString = "0123456789abcdef"
      try buffer.append("\\u00")
      try buffer.append(digits.bytes[Int(byte >> 4)])
      try buffer.append(digits.bytes[Int(byte & 15)])
    }
  }

  /// Appends what a JSON string stands for, given without its quotes. False, and nothing is appended: an escape is
  /// broken or a lone surrogate.
  static func appendUnescaped(_ text: Bytes, to buffer: Buffer) throws(Failure) -> Bool {
    try buffer.reserve(text.count &+ unescapedSlack)
    return appendString(text, from: 0, to: buffer) == text.count
  }

  /// What `appendString` needs beyond what it appends, which is not longer than the text.
  static let unescapedSlack = 16

  /// Appends what the JSON string at `start` stands for, up to its quote or the end. The buffer must have room. Returns
  /// where it ends; nil, and nothing is appended: an escape is broken or a lone surrogate.
  static func appendString(_ text: Bytes, from start: Int, to buffer: Buffer) -> Int? {
    guard let base = text.baseAddress, let first = buffer.end else { return start }
    let end = base + text.count
    var at = base + start
    var out = first
    while at < end {
      if end - at >= 16 {
        let bytes = Sixteen(at: at)
        bytes.write(to: out)
        let plain = bytes.firstSpecial ?? 16
        at += plain
        out += plain
        if plain == 16 { continue }
      }
      if at.pointee == UInt8(ascii: "\"") { break }
      if at.pointee != UInt8(ascii: "\\") {
        out.pointee = at.pointee
        out += 1
        at += 1
      } else if end - at >= 2, let byte = unescaped(at[1]) {
        out.pointee = byte
        out += 1
        at += 2
      } else {
        guard let escape = JSONScanner.escapedScalar(Bytes(start: at, count: end - at), 0) else { return nil }
        write(escape.scalar, &out)
        at += escape.length
      }
    }
    buffer.extend(by: out - first)
    return at - base
  }

  /// The character that follows a backslash, except for `u` (RFC 8259, 7).
  @inline(__always)
  static func unescaped(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "n"): 0x0A
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): byte
    case UInt8(ascii: "t"): 0x09
    case UInt8(ascii: "r"): 0x0D
    case UInt8(ascii: "b"): 0x08
    case UInt8(ascii: "f"): 0x0C
    default: nil
    }
  }

  private static func write(_ scalar: UInt32, _ out: inout UnsafeMutablePointer<UInt8>) {
    let count = scalar < 0x80 ? 1 : scalar < 0x800 ? 2 : scalar < 0x10000 ? 3 : 4
    var left = scalar
    var i = count - 1
    while i > 0 {
      out[i] = UInt8(truncatingIfNeeded: 0x80 | left & 0x3F)
      left >>= 6
      i -= 1
    }
    let marks: UInt32 = count == 1 ? 0 : count == 2 ? 0xC0 : count == 3 ? 0xE0 : 0xF0
    out[0] = UInt8(truncatingIfNeeded: marks | left)
    out += count
  }

  /// Reads an integer in JSON's notation; nil: it is not an integer, or does not fit into 64 bits.
  @inline(never)
  package static func integer(_ text: Bytes) -> Int64? {
    var at = text.first == UInt8(ascii: "-") ? 1 : 0
    let negative = at == 1
    guard at < text.count, text[at].isDigit else { return nil }
    var value: Int64 = 0
    while at < text.count, text[at].isDigit {
      let digit = Int64(text[at] - UInt8(ascii: "0"))
      let (tens, over) = value.multipliedReportingOverflow(by: 10)
      let (sum, overSum) = negative ? tens.subtractingReportingOverflow(digit) : tens.addingReportingOverflow(digit)
      if over || overSum { return nil }
      value = sum
      at += 1
    }
    return at == text.count ? value : nil
  }
}
