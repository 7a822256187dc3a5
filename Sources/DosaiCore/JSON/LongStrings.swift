/// The long strings of a JSON text, which are decoded here and not by jansson (`Document`).
package struct LongStrings {
  /// The shortest that is decoded here, in bytes with the quotes.
  package static let lengthMin = 12

  /// Their characters, one string after the other, each followed by a NUL.
  package let decoded = Buffer()

  package init() {}

  /// Appends the text to `rest`, with each long string replaced by a short one: U+007F, and where it begins in
  /// `decoded`. The text must have been checked, and be UTF-8 without U+0000, U+007F and lone surrogates.
  package func extract(from text: Bytes, lengthMin: Int, rest: Buffer) throws(Failure) {
    try decoded.reserve(text.count &+ 8)
    try rest.reserve(min(text.count, 4 << 10))
    var from = 0
    var at = 0
    while let quote = text.firstIndex(of: UInt8(ascii: "\""), from: at) {
      at = JSONScanner.endOfString(text, quote)
      if at - quote < lengthMin || Self.isKey(text, endingAt: at) { continue }
      try rest.append(text.slice(from, quote))
      try rest.append("\"\u{7F}")
      try rest.append(decimal: Int64(decoded.count))
      try rest.append(UInt8(ascii: "\""))
      guard try Text.appendUnescaped(text.slice(quote + 1, at - 1), to: decoded) else { throw .internalError }
      try decoded.append(0 as UInt8)
      from = at
    }
    try rest.append(text.slice(from, text.count))
  }

  private static func isKey(_ text: Bytes, endingAt end: Int) -> Bool {
    let next = JSONScanner.skipBlanks(text, end)
    return next < text.count && text[next] == UInt8(ascii: ":")
  }

  /// The string that `short` replaced; nil: it did not replace any.
  package static func string(for short: Bytes, in decoded: Bytes) -> Bytes? {
    guard !decoded.isEmpty, short.first == 0x7F, let digits = Text.integer(short.slice(1, short.count)),
      let start = Int(exactly: digits), let end = decoded.firstIndex(of: 0, from: start)
    else { return nil }
    return Bytes(start: decoded.baseAddress.map { $0 + start }, count: end - start)
  }
}
