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
    guard let start = text.baseAddress else { throw notJSON }
    let end = start + text.count
    var facts = Facts()
    var open = InlineArray<8, UInt64>(repeating: 0)  // one bit a level: 1 is an object
    var closer: UInt8 = 0  // what ends the innermost list or object; 0: there is none
    var (nodes, depth, deepest, longestString, longestOther, isGrowing) = (0, 0, 0, 0, 0, true)
    var at = skipBlanks(start, end)
    values: while true {
      if closer == UInt8(ascii: "}") { at = try key(at, end, &longestOther, &isGrowing, &facts) }
      // A value begins at `at`.
      guard at < end else { throw notJSON }
      nodes &+= 1
      if nodes > nodesMax { throw tooMany }
      let first = at.pointee
      if depth <= 1 && first != (depth == 0 ? UInt8(ascii: "[") : UInt8(ascii: "{")) { isGrowing = false }
      if first == UInt8(ascii: "\"") {
        let from = at
        if let short = shortEnd(at, end) { at = short } else { at = try string(at, end, &facts) }
        longestString = max(longestString, at - from)
      } else if first == UInt8(ascii: "{") || first == UInt8(ascii: "[") {
        if depth >= min(depthMax, levelsMax) { throw Failure(.tooLarge, "the JSON is deeper than max_json_depth") }
        closer = first &+ 2
        let bit = UInt64(1) &<< UInt64(truncatingIfNeeded: depth)
        if first == UInt8(ascii: "{") { open[depth >> 6] |= bit } else { open[depth >> 6] &= ~bit }
        depth &+= 1
        deepest = max(deepest, depth)
        at = skipBlanks(at + 1, end)
        guard at < end else { throw notJSON }
        if at.pointee != closer { continue }
      } else if first.isDigit || first == UInt8(ascii: "-") {
        while true {
          at = try number(at, end, &longestOther, &facts)
          // Most lists of numbers have no blanks.
          guard closer == UInt8(ascii: "]"), end - at > 1, at.pointee == UInt8(ascii: ","), at[1].isDigit else { break }
          nodes &+= 1
          if nodes > nodesMax { throw tooMany }
          at += 1
        }
      } else {
        at = try word(at, end)
      }
      // A value has ended at `at`, or an empty list or object ends there.
      while depth > 0 {
        at = skipBlanks(at, end)
        guard at < end else { throw notJSON }
        if at.pointee == UInt8(ascii: ",") {
          at = skipBlanks(at + 1, end)
          continue values
        }
        guard at.pointee == closer else { throw notJSON }
        at += 1
        depth &-= 1
        let outer = depth &- 1
        let isInObject = depth > 0 && open[outer >> 6] & (UInt64(1) &<< UInt64(truncatingIfNeeded: outer)) != 0
        closer = depth == 0 ? 0 : isInObject ? UInt8(ascii: "}") : UInt8(ascii: "]")
      }
      facts.nodes = nodes
      facts.depth = deepest
      facts.longestString = longestString
      facts.longestOther = longestOther
      facts.isGrowing = isGrowing
      facts.end = at - start
      return facts
    }
  }

  private static var notJSON: Failure { Failure(.malformed, "not JSON") }

  private static var tooMany: Failure { Failure(.tooLarge, "the JSON has more values than max_json_nodes") }

  /// Passes a key and its colon.
  @inline(__always)
  private static func key(
    _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ longest: inout Int, _ isGrowing: inout Bool,
    _ facts: inout Facts
  ) throws(Failure) -> UnsafePointer<UInt8> {
    guard start < end, start.pointee == UInt8(ascii: "\"") else { throw notJSON }
    var at = start
    if let short = shortEnd(start, end) {
      at = short
    } else {
      at = try string(start, end, &facts)
      if Bytes(start: start, count: at - start).firstIndex(of: UInt8(ascii: "\\"), from: 0) != nil { isGrowing = false }
    }
    let length = at - start
    longest = max(longest, length)
    if length == 7, Bytes(start: start + 1, count: 5).equals(Wire.index) { isGrowing = false }
    at = skipBlanks(at, end)
    guard at < end, at.pointee == UInt8(ascii: ":") else { throw notJSON }
    return skipBlanks(at + 1, end)
  }

  /// The end of a string of at most 16 bytes that are ASCII and no escapes; nil: it is another, or may be.
  @inline(__always)
  private static func shortEnd(
    _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>
  ) -> UnsafePointer<UInt8>? {
    guard end - start > 17 else { return nil }
    let quote = Text.shortEnd(start + 1)
    return quote.pointee == UInt8(ascii: "\"") ? quote + 1 : nil
  }

  @inline(never)
  private static func word(
    _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>
  ) throws(Failure) -> UnsafePointer<UInt8> {
    let text = Bytes(start: start, count: end - start)
    if text.starts(with: "true") || text.starts(with: "null") { return start + 4 }
    if text.starts(with: "false") { return start + 5 }
    throw notJSON
  }

  @inline(__always)
  private static func number(
    _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ longest: inout Int, _ facts: inout Facts
  ) throws(Failure) -> UnsafePointer<UInt8> {
    let first = start.pointee == UInt8(ascii: "-") ? start + 1 : start
    var at = digitsEnd(first, end)
    let whole = at - first
    guard whole > 0, whole == 1 || first.pointee != UInt8(ascii: "0") else { throw notJSON }
    if at < end, at.pointee == UInt8(ascii: ".") || at.pointee | 0x20 == UInt8(ascii: "e") {
      at = try fraction(at, end, &facts)
    } else if whole >= 19 {
      facts.hasBigInteger = true
    }
    longest = max(longest, at - start)
    return at
  }

  /// Passes what follows the whole part of a number.
  @inline(never)
  private static func fraction(
    _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ facts: inout Facts
  ) throws(Failure) -> UnsafePointer<UInt8> {
    var at = start
    if at.pointee == UInt8(ascii: ".") {
      at = digitsEnd(start + 1, end)
      guard at - start > 1 else { throw notJSON }
    }
    guard at < end, at.pointee | 0x20 == UInt8(ascii: "e") else { return at }
    at += 1
    if at < end, at.pointee == UInt8(ascii: "-") {
      at += 1
    } else {
      facts.hasExponent = true
      if at < end, at.pointee == UInt8(ascii: "+") { at += 1 }
    }
    let last = digitsEnd(at, end)
    guard last > at else { throw notJSON }
    return last
  }

  /// Where the digits end that begin at `start`.
  @inline(__always)
  private static func digitsEnd(
    _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>
  ) -> UnsafePointer<UInt8> {
    var at = start
    while end - at >= 4 {
      let count = digits(at, UInt32.self)
      at += count
      if count < 4 { return at }
    }
    while at < end, at.pointee.isDigit { at += 1 }
    return at
  }

  /// How many of the bytes of a word from `start` on are digits, up to the first other.
  @inline(__always)
  static func digits<Word: FixedWidthInteger>(_ start: UnsafePointer<UInt8>, _ type: Word.Type) -> Int {
    // The top bit of each byte that is no digit, and perhaps of others that follow the first one.
    let ones = Word.max / 0xFF
    let word = Word(littleEndian: UnsafeRawPointer(start).loadUnaligned(as: Word.self)) ^ 0x30 &* ones
    let others = (word | (word &+ 0x76 &* ones)) & (0x80 &* ones)
    return others.trailingZeroBitCount &>> 3
  }

  /// Where a negative exponent ends; nil: there is none.
  @inline(never)
  static func exponentEnd(_ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> UnsafePointer<UInt8>? {
    var facts = Facts()
    guard let at = try? fraction(start, end, &facts), !facts.hasExponent else { return nil }
    return at
  }

  /// The quote that ends a string, which begins before `start`; nil: it needs special care, or there is none.
  @inline(never)
  static func validStringEnd(
    _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>
  ) -> UnsafePointer<UInt8>? {
    var facts = Facts()
    guard let at = try? string(start - 1, end, &facts), !facts.hasLoneSurrogate,
      facts.isASCII || Text.firstInvalid(Bytes(start: start, count: at - start)) == nil
    else { return nil }
    return at - 1
  }

  @inline(never)
  private static func string(
    _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ facts: inout Facts
  ) throws(Failure) -> UnsafePointer<UInt8> {
    var at = start + 1
    while true {
      at = Text.plainEnd(at, end, &facts.seen)
      guard at < end else { throw notJSON }
      if at.pointee == UInt8(ascii: "\"") { return at + 1 }
      guard at.pointee == UInt8(ascii: "\\"), end - at > 1 else { throw notJSON }
      if at[1] != UInt8(ascii: "u") {
        guard Text.unescaped(at[1]) != nil else { throw notJSON }
        at += 2
        continue
      }
      let text = Bytes(start: at, count: end - at)
      guard let unit = escapedUnit(text, 0) else { throw notJSON }
      let length = escapeLength(text, 0, unit)
      if length == 6 && unit & 0xF800 == 0xD800 { facts.hasLoneSurrogate = true }
      if unit == 0 || unit == 0x7F { facts.hasMark = true }
      at += length
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

  @inline(never)
  private static func blanksEnd(
    _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>
  ) -> UnsafePointer<UInt8> {
    start + skipBlanks(Bytes(start: start, count: end - start), 0)
  }

  @inline(__always)
  private static func skipBlanks(
    _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>
  ) -> UnsafePointer<UInt8> {
    start < end && start.pointee <= 0x20 ? blanksEnd(start, end) : start
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
    let quote = Text.stringEnd(base + start + 1, end, &seen)
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
