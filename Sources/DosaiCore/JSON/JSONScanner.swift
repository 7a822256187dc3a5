/// Finds where JSON values begin and end in a text (RFC 8259), and whether the text is JSON at all.
package enum JSONScanner {
  /// Properties of a text that is JSON.
  package struct Facts {
    /// Values of any kind, keys not counted.
    package var nodes = 0
    /// An escaped surrogate without its partner, which jansson refuses.
    package var hasLoneSurrogate = false
    /// An integer of 19 digits or more, which may not fit 64 bits.
    package var hasBigInteger = false
    /// A number with an exponent above 0, which may not fit a real number.
    package var hasExponent = false
    /// The escape of U+0000 or U+007F.
    package var hasMark = false
    /// The bytes of its longest string that is a value, and of its longest key or number.
    package var longestString = 0
    package var longestOther = 0
    /// Whether it is a list of objects, none of which has the key `index` or a key with escapes.
    package var isGrowing = true
    /// How many lists and objects surround the innermost value.
    package var depth = 0
    /// Where the value ends.
    package var end = 0
    fileprivate var seen: UInt64 = 0
    package var isASCII: Bool { seen & 0x8080_8080_8080_8080 == 0 }
  }

  package static let levelsMax = 512

  /// Checks that the text is one JSON value, with only blanks around it. Does not check UTF-8. Throws PROTOCOL if the
  /// text is not JSON, and TOO_LARGE if it exceeds a limit.
  package static func check(_ text: Bytes, nodesMax: Int = .max, depthMax: Int = levelsMax) throws(Failure) -> Facts {
    let facts = try checkValue(text, nodesMax: nodesMax, depthMax: depthMax)
    guard skipBlanks(text, facts.end) == text.count else { throw notJSON }
    return facts
  }

  /// Checks only the value that the text begins with.
  static func checkValue(_ text: Bytes, nodesMax: Int, depthMax: Int) throws(Failure) -> Facts {
    var facts = Facts()
    var open = InlineArray<8, UInt64>(repeating: 0)  // one bit a level: 1 is an object
    var depth = 0
    var at = skipBlanks(text, 0)
    while true {
      // A value begins at `at`.
      guard at < text.count else { throw notJSON }
      facts.nodes += 1
      if facts.nodes > nodesMax { throw Failure(.tooLarge, "the JSON has more values than max_json_nodes") }
      let first = text[at]
      if depth <= 1 && first != (depth == 0 ? UInt8(ascii: "[") : UInt8(ascii: "{")) { facts.isGrowing = false }
      if first == UInt8(ascii: "{") || first == UInt8(ascii: "[") {
        if depth >= min(depthMax, levelsMax) { throw Failure(.tooLarge, "the JSON is deeper than max_json_depth") }
        let isObject = first == UInt8(ascii: "{")
        let bit = UInt64(1) << UInt64(depth & 63)
        if isObject { open[depth >> 6] |= bit } else { open[depth >> 6] &= ~bit }
        depth += 1
        facts.depth = max(facts.depth, depth)
        at = skipBlanks(text, at + 1)
        guard at < text.count else { throw notJSON }
        if text[at] == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) {
          depth -= 1
          at += 1
        } else {
          if isObject { at = try key(text, at, &facts) }
          continue
        }
      } else {
        at = try scalar(text, at, &facts)
      }
      // A value has ended at `at`.
      while true {
        if depth == 0 {
          facts.end = at
          return facts
        }
        at = skipBlanks(text, at)
        guard at < text.count else { throw notJSON }
        let isObject = open[(depth - 1) >> 6] & (UInt64(1) << UInt64((depth - 1) & 63)) != 0
        if text[at] == UInt8(ascii: ",") {
          at = skipBlanks(text, at + 1)
          if isObject { at = try key(text, at, &facts) }
          break
        }
        guard text[at] == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else { throw notJSON }
        depth -= 1
        at += 1
      }
    }
  }

  private static var notJSON: Failure { Failure(.malformed, "not JSON") }

  private static func key(_ text: Bytes, _ start: Int, _ facts: inout Facts) throws(Failure) -> Int {
    guard start < text.count, text[start] == UInt8(ascii: "\"") else { throw notJSON }
    let end = try string(text, start, &facts)
    facts.longestOther = max(facts.longestOther, end - start)
    let key = text.slice(start + 1, end - 1)
    if key.equals(Wire.index) || key.firstIndex(of: UInt8(ascii: "\\"), from: 0) != nil { facts.isGrowing = false }
    let colon = skipBlanks(text, end)
    guard colon < text.count, text[colon] == UInt8(ascii: ":") else { throw notJSON }
    return skipBlanks(text, colon + 1)
  }

  private static func scalar(_ text: Bytes, _ start: Int, _ facts: inout Facts) throws(Failure) -> Int {
    switch text[start] {
    case UInt8(ascii: "\""):
      let end = try string(text, start, &facts)
      facts.longestString = max(facts.longestString, end - start)
      return end
    case UInt8(ascii: "t"): return try word(text, start, "true")
    case UInt8(ascii: "f"): return try word(text, start, "false")
    case UInt8(ascii: "n"): return try word(text, start, "null")
    default: return try number(text, start, &facts)
    }
  }

  private static func word(_ text: Bytes, _ start: Int, _ word: StaticString) throws(Failure) -> Int {
    let end = start + word.utf8CodeUnitCount
    guard text.slice(start, end).equals(word) else { throw notJSON }
    return end
  }

  private static func number(_ text: Bytes, _ start: Int, _ facts: inout Facts) throws(Failure) -> Int {
    var at = start
    func digits() -> Int {
      let from = at
      while at < text.count, text[at].isDigit { at += 1 }
      return at - from
    }
    if text[at] == UInt8(ascii: "-") { at += 1 }
    let first = at
    let whole = digits()
    guard whole > 0, whole == 1 || text[first] != UInt8(ascii: "0") else { throw notJSON }
    var isInteger = true
    if at < text.count, text[at] == UInt8(ascii: ".") {
      at += 1
      isInteger = false
      guard digits() > 0 else { throw notJSON }
    }
    if at < text.count, text[at] | 0x20 == UInt8(ascii: "e") {
      at += 1
      isInteger = false
      if at < text.count, text[at] == UInt8(ascii: "-") {
        at += 1
      } else {
        facts.hasExponent = true
        if at < text.count, text[at] == UInt8(ascii: "+") { at += 1 }
      }
      guard digits() > 0 else { throw notJSON }
    }
    if isInteger && whole >= 19 { facts.hasBigInteger = true }
    facts.longestOther = max(facts.longestOther, at - start)
    return at
  }

  @inline(never)
  private static func string(_ text: Bytes, _ start: Int, _ facts: inout Facts) throws(Failure) -> Int {
    var at = start + 1
    guard let base = text.baseAddress else { throw notJSON }
    while true {
      at = Text.plainEnd(base + at, base + text.count, &facts.seen) - base
      guard at < text.count else { throw notJSON }
      if text[at] == UInt8(ascii: "\"") { return at + 1 }
      guard text[at] == UInt8(ascii: "\\"), at + 1 < text.count else { throw notJSON }
      switch text[at + 1] {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
        UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
        at += 2
      case UInt8(ascii: "u"):
        guard let unit = escapedUnit(text, at) else { throw notJSON }
        let length = escapeLength(text, at, unit)
        if length == 6 && unit & 0xF800 == 0xD800 { facts.hasLoneSurrogate = true }
        if unit == 0 || unit == 0x7F { facts.hasMark = true }
        at += length
      default: throw notJSON
      }
    }
  }

  /// The UTF-16 unit of the escape `\uXXXX` at `at`; nil if there is none.
  private static func escapedUnit(_ text: Bytes, _ at: Int) -> UInt32? {
    guard at + 6 <= text.count, text[at] == UInt8(ascii: "\\"), text[at + 1] == UInt8(ascii: "u") else { return nil }
    var unit: UInt32 = 0
    for i in at + 2..<at + 6 {
      let digit = text[i].lowercased
      if digit.isDigit {
        unit = unit << 4 | UInt32(digit - UInt8(ascii: "0"))
      } else if digit >= UInt8(ascii: "a") && digit <= UInt8(ascii: "f") {
        unit = unit << 4 | UInt32(digit - UInt8(ascii: "a") + 10)
      } else {
        return nil
      }
    }
    return unit
  }

  /// 12 if a surrogate pair begins at `at`, otherwise 6.
  private static func escapeLength(_ text: Bytes, _ at: Int, _ unit: UInt32) -> Int {
    guard unit & 0xFC00 == 0xD800, let second = escapedUnit(text, at + 6) else { return 6 }
    return second & 0xFC00 == 0xDC00 ? 12 : 6
  }

  /// The character of the escape at `at` and the escape's length; nil: there is none, or a lone surrogate.
  static func escapedScalar(_ text: Bytes, _ at: Int) -> (scalar: UInt32, length: Int)? {
    guard let unit = escapedUnit(text, at) else { return nil }
    if unit & 0xF800 != 0xD800 { return (unit, 6) }
    guard escapeLength(text, at, unit) == 12, let second = escapedUnit(text, at + 6) else { return nil }
    return (0x10000 + (unit & 0x3FF) << 10 + second & 0x3FF, 12)
  }

  /// Overwrites each lone surrogate of a checked text with `\ufffd`, which has the same length.
  package static func repairSurrogates(_ text: UnsafeMutableBufferPointer<UInt8>) {
    let bytes = Bytes(text)
    var at = 0
    while let escape = bytes.firstIndex(of: UInt8(ascii: "\\"), from: at) {
      guard let unit = escapedUnit(bytes, escape) else {
        at = escape + 2
        continue
      }
      let length = escapeLength(bytes, escape, unit)
      if length == 6 && unit & 0xF800 == 0xD800 {
        let replacement: StaticString = "fffd"
        for i in 0..<4 { text[escape + 2 + i] = replacement.bytes[i] }
      }
      at = escape + length
    }
  }

  /// A copy of a checked text in which each list and object at that depth is empty.
  package static func copy(_ text: Bytes, depthMax: Int) throws(Failure) -> Buffer {
    let copy = Buffer()
    var from = 0
    var at = 0
    var depth = 0
    while at < text.count {
      switch text[at] {
      case UInt8(ascii: "\""): at = endOfString(text, at) - 1
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        depth += 1
        if depth == depthMax { try copy.append(text.slice(from, at + 1)) }
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        if depth == depthMax { from = at }
        depth -= 1
      default: break
      }
      at += 1
    }
    try copy.append(text.slice(from, text.count))
    return copy
  }

  package static func skipBlanks(_ text: Bytes, _ from: Int) -> Int {
    var at = from
    while at < text.count, text[at].isBlank { at += 1 }
    return at
  }

  /// Where the value that begins at `start` ends, in a checked text.
  package static func end(of text: Bytes, from start: Int) -> Int {
    var at = start
    var depth = 0
    while at < text.count {
      switch text[at] {
      case UInt8(ascii: "\""):
        at = endOfString(text, at)
        if depth == 0 { return at }
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        depth += 1
        at += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        depth -= 1
        if depth < 0 { return at }
        at += 1
        if depth == 0 { return at }
      case UInt8(ascii: ","), UInt8(ascii: ":"), 0x20, 0x09, 0x0A, 0x0D:
        if depth == 0 { return at }
        at += 1
      default: at += 1
      }
    }
    return text.count
  }

  @inline(never)
  static func endOfString(_ text: Bytes, _ start: Int) -> Int {
    guard let base = text.baseAddress else { return text.count }
    let end = base + text.count
    var seen: UInt64 = 0
    let quote = Text.stringEnd(Text.plainEnd(base + start + 1, end, &seen), end, &seen)
    return quote < end ? quote - base + 1 : text.count
  }

  /// Iterates over the members of an object in a checked text.
  package struct Members {
    package typealias Member = (key: Bytes, start: Int, value: Range<Int>)

    private let text: Bytes
    private var at: Int

    /// `object` begins with its brace; other values have no members.
    package init(_ object: Bytes) {
      text = object
      at = object.first == UInt8(ascii: "{") ? 1 : object.count
    }

    /// The key as it is written between its quotes, and the range of the value.
    @inline(never)
    package mutating func next() -> Member? {
      at = JSONScanner.skipBlanks(text, at)
      if at < text.count, text[at] == UInt8(ascii: ",") { at = JSONScanner.skipBlanks(text, at + 1) }
      guard at < text.count, text[at] == UInt8(ascii: "\"") else { return nil }
      let start = at
      let keyEnd = JSONScanner.endOfString(text, at)
      let colon = JSONScanner.skipBlanks(text, keyEnd)
      let from = JSONScanner.skipBlanks(text, colon + 1)
      let to = JSONScanner.end(of: text, from: from)
      guard from < to else { return nil }
      at = to
      return (text.slice(start + 1, keyEnd - 1), start, from..<to)
    }
  }

  /// Iterates over the elements of an array in a checked text.
  package struct Elements {
    private let text: Bytes
    private var at: Int

    /// `array` begins with its bracket; other values have no elements.
    package init(_ array: Bytes) {
      text = array
      at = array.first == UInt8(ascii: "[") ? 1 : array.count
    }

    @inline(never)
    package mutating func next() -> Bytes? {
      at = JSONScanner.skipBlanks(text, at)
      if at < text.count, text[at] == UInt8(ascii: ",") { at = JSONScanner.skipBlanks(text, at + 1) }
      let from = at
      guard from < text.count, text[from] != UInt8(ascii: "]") else { return nil }
      at = JSONScanner.end(of: text, from: from)
      guard from < at else { return nil }
      return text.slice(from, at)
    }
  }
}
