/// UTF-8 and the writing of JSON text.
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

  /// The place of the first byte that is not UTF-8; nil if all is.
  package static func firstInvalid(_ bytes: Bytes) -> Int? {
    var at = 0
    while at < bytes.count {
      // Eight ASCII bytes at a time.
      if at + 8 <= bytes.count, let base = bytes.baseAddress {
        let word = UnsafeRawPointer(base + at).loadUnaligned(as: UInt64.self)
        if word & 0x8080_8080_8080_8080 == 0 {
          at += 8
          continue
        }
      }
      let length = sequence(bytes, at)
      if length < 0 { return at }
      at += length
    }
    return nil
  }

  /// Appends the bytes with each broken sequence as U+FFFD.
  package static func appendRepaired(_ bytes: Bytes, to buffer: Buffer) throws(Failure) {
    var from = 0
    while let bad = firstInvalid(bytes.part(from, bytes.count)) {
      try buffer.append(bytes.part(from, from + bad))
      try buffer.append("\u{FFFD}")
      from += bad + max(1, -sequence(bytes, from + bad))
    }
    try buffer.append(bytes.part(from, bytes.count))
  }

  /// Appends the text as a JSON string with its quotes; only what must be is escaped (RFC 8259, 7).
  package static func appendQuoted(_ text: Bytes, to buffer: Buffer) throws(Failure) {
    try buffer.append(UInt8(ascii: "\""))
    try appendEscaped(text, to: buffer)
    try buffer.append(UInt8(ascii: "\""))
  }

  package static func appendEscaped(_ text: Bytes, to buffer: Buffer) throws(Failure) {
    var from = 0
    for i in 0..<text.count {
      let byte = text[i]
      if byte >= 0x20 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\") { continue }
      try buffer.append(text.part(from, i))
      from = i + 1
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
    try buffer.append(text.part(from, text.count))
  }

  /// Appends what a JSON string stands for, given without its quotes. False: an escape is broken or a lone surrogate.
  static func appendUnescaped(_ text: Bytes, to buffer: Buffer) throws(Failure) -> Bool {
    var from = 0
    while let escape = text.firstIndex(of: UInt8(ascii: "\\"), from: from) {
      try buffer.append(text.part(from, escape))
      guard escape + 1 < text.count else { return false }
      from = escape + 2
      switch text[escape + 1] {
      case UInt8(ascii: "n"): try buffer.append(0x0A)
      case UInt8(ascii: "t"): try buffer.append(0x09)
      case UInt8(ascii: "r"): try buffer.append(0x0D)
      case UInt8(ascii: "b"): try buffer.append(0x08)
      case UInt8(ascii: "f"): try buffer.append(0x0C)
      case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): try buffer.append(text[escape + 1])
      case UInt8(ascii: "u"):
        guard let (scalar, length) = JSONScanner.escapedScalar(text, escape) else { return false }
        try append(scalar: scalar, to: buffer)
        from = escape + length
      default: return false
      }
    }
    try buffer.append(text.part(from, text.count))
    return true
  }

  private static func append(scalar: UInt32, to buffer: Buffer) throws(Failure) {
    func byte(_ value: UInt32) -> UInt8 { UInt8(truncatingIfNeeded: value) }
    if scalar < 0x80 { return try buffer.append(byte(scalar)) }
    if scalar < 0x800 {
      try buffer.append(byte(0xC0 | scalar >> 6))
    } else {
      if scalar < 0x10000 {
        try buffer.append(byte(0xE0 | scalar >> 12))
      } else {
        try buffer.append(byte(0xF0 | scalar >> 18))
        try buffer.append(byte(0x80 | scalar >> 12 & 0x3F))
      }
      try buffer.append(byte(0x80 | scalar >> 6 & 0x3F))
    }
    try buffer.append(byte(0x80 | scalar & 0x3F))
  }

  /// An integer as JSON writes it; nil if it is none or beyond 64 bits.
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
