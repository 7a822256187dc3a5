/// The long strings of a JSON text, which are decoded here and not by jansson (`Document`).
package struct LongStrings {
  /// The shortest that is decoded here, in bytes with the quotes.
  package static let lengthMin = 12

  /// Their characters, one string after the other, each followed by a NUL.
  package let decoded = Buffer()

  package init() {}

  /// Appends the text to `rest`, with each long string replaced by a short one: U+007F, and where it begins in
  /// `decoded`. The text must have been checked, and be UTF-8 without U+0000, U+007F and lone surrogates. `isAnswer`:
  /// members that are never read in a whole answer are left out, except the first of an object, so that it is not empty.
  package func extract(from text: Bytes, lengthMin: Int, isAnswer: Bool, rest: Buffer) throws(Failure) {
    try decoded.reserve(text.count &+ Text.unescapedSlack)
    try rest.reserve(min(text.count, 4 << 10))
    var from = 0
    var at = 0
    while let quote = text.firstIndex(of: UInt8(ascii: "\""), from: at) {
      let start = decoded.count
      guard let end = Text.appendString(text, from: quote + 1, to: decoded) else { throw .internalError }
      at = end + 1
      let isLong = at - quote >= lengthMin
      let value = isAnswer || isLong ? Self.value(text, ofKeyEndingAt: at) : nil
      if isLong, value == nil {
        try rest.append(text.slice(from, quote))
        try rest.append("\"\u{7F}")
        try rest.append(decimal: Int64(start))
        try rest.append(UInt8(ascii: "\""))
        try decoded.append(0 as UInt8)
        from = at
        continue
      }
      decoded.truncate(to: start)
      guard isAnswer, let value, !Wire.isRead(text.slice(quote + 1, end)) else { continue }
      var comma = quote - 1
      while comma > from, text[comma].isBlank { comma -= 1 }
      guard comma >= from, text[comma] == UInt8(ascii: ",") else { continue }
      try rest.append(text.slice(from, comma))
      at = JSONScanner.end(of: text, from: value)
      from = at
    }
    try rest.append(text.slice(from, text.count))
  }

  /// Where the value of a key begins; nil: it is not a key.
  private static func value(_ text: Bytes, ofKeyEndingAt end: Int) -> Int? {
    let next = JSONScanner.skipBlanks(text, end)
    guard next < text.count, text[next] == UInt8(ascii: ":") else { return nil }
    return JSONScanner.skipBlanks(text, next + 1)
  }

  /// The string that `short` replaced; nil: it did not replace any.
  package static func string(for short: Bytes, in decoded: Bytes) -> Bytes? {
    guard !decoded.isEmpty, short.first == 0x7F, let digits = Text.integer(short.slice(1, short.count)),
      let start = Int(exactly: digits), let end = decoded.firstIndex(of: 0, from: start)
    else { return nil }
    return Bytes(start: decoded.baseAddress.map { $0 + start }, count: end - start)
  }
}
