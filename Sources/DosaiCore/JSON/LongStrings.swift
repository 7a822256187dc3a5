/// The long strings of a JSON text, read apart from the rest: jansson takes them byte by byte.
package struct LongStrings {
  /// In bytes, with the quotes.
  package static let least = 12

  /// What they stand for, one after the other, each with a NUL behind it.
  package let decoded = Buffer()

  package init() {}

  /// Appends the text to `rest` with a short string in the place of each: U+007F, and where it begins in `decoded`.
  /// The text was checked, is UTF-8, and has neither U+0000 nor U+007F nor a lone surrogate.
  package func take(_ text: Bytes, least: Int, rest: Buffer) throws(Failure) {
    try decoded.reserve(text.count &+ 8)
    try rest.reserve(min(text.count, 4 << 10))
    var from = 0
    var at = 0
    while let quote = text.firstIndex(of: UInt8(ascii: "\""), from: at) {
      at = JSONScanner.endOfString(text, quote)
      if at - quote < least || Self.isKey(text, endingAt: at) { continue }
      try rest.append(text.part(from, quote))
      try rest.append("\"\u{7F}")
      try rest.append(decimal: Int64(decoded.count))
      try rest.append(UInt8(ascii: "\""))
      guard try Text.appendUnescaped(text.part(quote + 1, at - 1), to: decoded) else { throw .internalError }
      try decoded.append(0 as UInt8)
      from = at
    }
    try rest.append(text.part(from, text.count))
  }

  private static func isKey(_ text: Bytes, endingAt end: Int) -> Bool {
    let next = JSONScanner.skipBlanks(text, end)
    return next < text.count && text[next] == UInt8(ascii: ":")
  }

  /// The string in whose place `short` stands in `rest`; nil: it stands for itself.
  package static func string(for short: Bytes, in decoded: Bytes) -> Bytes? {
    guard !decoded.isEmpty, short.first == 0x7F, let start = Text.integer(short.part(1, short.count)),
      let end = decoded.firstIndex(of: 0, from: Int(start))
    else { return nil }
    return Bytes(start: decoded.baseAddress.map { $0 + Int(start) }, count: end - Int(start))
  }
}
