import CJansson
import CSystem
import DosaiCore
import Synchronization

/// A JSON text, and the tree that jansson made from it.
///
/// The project is built on jansson. It alone decides what a text means, and every value is looked up in its tree.
/// `Document.read` works around what jansson 2.14 does not do, or does wrong:
///
/// 1. It does not limit the number of values, each of which takes up to 75 times as much memory as its text. So
///    `JSONScanner.check` goes through the text first; it enforces the limits, and finds what the other steps need to
///    know.
/// 2. It refuses a text with invalid UTF-8 or with a lone surrogate. Each of them is replaced by U+FFFD.
/// 3. It calls itself for each level, and a host's thread may have a small stack. Lists and objects below a depth into
///    which the library never looks are empty in the text that it gets.
/// 4. It reads strings byte by byte. `LongStrings` decodes the long ones, and jansson gets a short string for each.
///    Nor does it get the members of a whole answer that are never read.
/// 5. If it cannot grow the buffer for a token, it keeps part of the token, and may then read and write beyond it.
///    `pad` puts a string before the text that makes the buffer large enough.
/// 6. It reads real numbers in the thread's locale, and ends the process if another thread changes the locale
///    meanwhile. `parse` gives the thread a locale of its own.
/// 7. It refuses a text with an integer beyond 64 bits. That text is parsed again with all integers as real numbers;
///    `Value.integer` then reads them from the text.
/// 8. It does not keep how a value was written. A `Value` has its text too, so that numbers stay as they were sent.
package final class Document {
  private static let smallMax = 4 << 10
  /// A text that takes jansson some milliseconds.
  private static let longWork = 1 << 20
  private static let parsedDepthMax = 32

  package let source: Buffer
  private let list: UnsafeMutablePointer<json_t>
  private let tree: UnsafeMutablePointer<json_t>
  fileprivate let longStrings: LongStrings
  /// Broken UTF-8 or lone surrogates were replaced by U+FFFD.
  package let isRepaired: Bool
  /// The text has integers beyond 64 bits.
  package let hasBigNumbers: Bool

  /// Takes the text, which nothing else may change afterwards. `isAnswer`: it is a whole answer, of whose members only
  /// those are wanted by whose names answers are read. PROTOCOL: not JSON. TOO_LARGE: beyond a limit. No message quotes
  /// the text.
  package static func read(
    taking text: Buffer, limits: Limits, longMin: Int = LongStrings.lengthMin, isAnswer: Bool = false
  ) throws(Failure) -> Document {
    var text = text
    var facts = try JSONScanner.check(text.bytes, nodesMax: limits.jsonNodes, depthMax: limits.jsonDepth)
    let isBroken = !facts.isASCII && Text.firstInvalid(text.bytes) != nil
    if isBroken {
      let repaired = Buffer()
      try Text.appendRepaired(text.bytes, to: repaired)
      text = repaired
      facts = try JSONScanner.check(text.bytes)
    }
    if facts.hasLoneSurrogate { JSONScanner.repairSurrogates(text.mutable) }
    let extractsLong =
      facts.longestString >= longMin && !facts.hasMark && text.bytes.firstIndex(of: 0x7F, from: 0) == nil
    let longest = max(facts.longestOther, extractsLong ? longMin - 1 : facts.longestString, 24)
    let given = Buffer()
    let padding = try pad(given, longest)
    let longStrings = LongStrings()
    let flat = facts.depth < parsedDepthMax ? text : try JSONScanner.copy(text.bytes, depthMax: parsedDepthMax)
    // A number that jansson refuses, or that is reported, counts wherever it is.
    let mayLeaveOut = !facts.hasBigInteger && !facts.hasExponent && facts.longestOther < 256
    if extractsLong {
      try longStrings.extract(from: flat.bytes, lengthMin: longMin, isAnswer: isAnswer && mayLeaveOut, rest: given)
    } else {
      try given.append(flat.bytes)
    }
    try given.append("]")
    if given.count > longWork { try limits.check?() }
    var parsed = try parse(given, flags: 0)
    let isBig = parsed == nil && facts.hasBigInteger
    if isBig { parsed = try parse(given, flags: JSON_DECODE_INT_AS_REAL) }
    guard let parsed else { throw Failure(.malformed, "JSON that cannot be read") }
    guard json_string_length(json_array_get(parsed, 0)) == padding, let tree = json_array_get(parsed, 1) else {
      cjansson_release(parsed)
      throw .outOfMemory
    }
    return Document(
      text, parsed, tree, longStrings, isRepaired: isBroken || facts.hasLoneSurrogate, hasBigNumbers: isBig)
  }

  /// Begins a list whose second element will be the text. The first is a string for which jansson grows its buffer to
  /// what the longest token needs, though not at its closing quote. If the parsed string is shorter, there was not
  /// enough memory; above a page, that is checked before. Returns the string's length.
  private static func pad(_ given: Buffer, _ longest: Int) throws(Failure) -> Int {
    if longest > Self.smallMax, csystem_has_room(3 &* longest) == 0 { throw .outOfMemory }
    var room = 16  // jansson doubles it when it is full; the last byte is a NUL
    while room < min(longest, Self.smallMax) + 2 { room *= 2 }
    let padding = room - 8
    try given.append("[\"")
    for _ in 0..<padding / 8 { try given.append("--------") }
    try given.append("\",")
    return padding
  }

  private init(
    _ text: Buffer, _ list: UnsafeMutablePointer<json_t>, _ tree: UnsafeMutablePointer<json_t>,
    _ longStrings: LongStrings, isRepaired: Bool, hasBigNumbers: Bool
  ) {
    source = text
    self.list = list
    self.tree = tree
    self.longStrings = longStrings
    self.isRepaired = isRepaired
    self.hasBigNumbers = hasBigNumbers
  }

  deinit { cjansson_release(list) }

  package var bytes: Bytes { source.bytes }

  package var root: Value { Value(tree: tree, text: source.bytes.trimmed, document: self) }

  private static func parse(_ text: Buffer, flags: Int32) throws(Failure) -> UnsafeMutablePointer<json_t>? {
    guard let locale = CLocale.shared else { throw .outOfMemory }
    let before = uselocale(locale)
    defer { uselocale(before) }
    let options = Int(JSON_ALLOW_NUL) | Int(flags)
    var outOfMemory: Int32 = 0
    let parsed = text.bytes.withMemoryRebound(to: CChar.self) {
      cjansson_parse($0.baseAddress, $0.count, options, &outOfMemory)
    }
    if outOfMemory != 0 { throw .outOfMemory }
    return parsed
  }
}

/// The C locale, created once.
private enum CLocale {
  private static let made = Atomic<UInt>(0)

  static var shared: locale_t? {
    if let known = locale_t(bitPattern: made.load(ordering: .acquiring)) { return known }
    guard let locale = csystem_c_locale() else { return nil }
    let new = UInt(bitPattern: locale)
    let (isFirst, first) = made.compareExchange(expected: 0, desired: new, ordering: .acquiringAndReleasing)
    if isFirst { return locale }
    freelocale(locale)
    return locale_t(bitPattern: first)
  }
}

/// A value of a document, lent by it.
package struct Value: JSONValue {
  private static let membersMax = 1024
  fileprivate let tree: UnsafeMutablePointer<json_t>
  package let text: Bytes
  fileprivate unowned(unsafe) let document: Document

  private func value(_ node: UnsafeMutablePointer<json_t>, _ text: Bytes) -> Value {
    Value(tree: node, text: text, document: document)
  }

  package var kind: JSONKind {
    switch tree.pointee.type {
    case JSON_OBJECT: .object
    case JSON_ARRAY: .array
    case JSON_STRING: .string
    case JSON_INTEGER, JSON_REAL: .number
    case JSON_TRUE, JSON_FALSE: .boolean
    default: .null
    }
  }

  package var string: Bytes {
    guard let characters = json_string_value(tree) else { return .empty }
    let start = UnsafeRawPointer(characters).assumingMemoryBound(to: UInt8.self)
    let string = Bytes(start: start, count: json_string_length(tree))
    return LongStrings.string(for: string, in: document.longStrings.decoded.bytes) ?? string
  }

  package var isEmptyContainer: Bool {
    kind == .object && json_object_size(tree) == 0 || kind == .array && json_array_size(tree) == 0
  }

  package func memberWithoutText(_ key: StaticString) -> Value? {
    // Integers are then read from the text.
    if document.hasBigNumbers { return member(key) }
    return Self.node(tree, key.bytes).map { value($0, .empty) }
  }

  package func member(_ key: StaticString) -> Value? {
    guard let node = Self.node(tree, key.bytes) else { return nil }
    if text.isEmpty { return value(node, .empty) }
    var members = JSONScanner.Members(text)
    var found: Bytes?
    while let next = members.next() {
      let plain = Self.plain(next.key)
      let written = plain?.bytes ?? next.key
      if written.equals(key) { found = text.slice(next.value.lowerBound, next.value.upperBound) }
    }
    guard let found else { return nil }
    return value(node, found)
  }

  package func string(_ key: StaticString) -> Bytes? {
    guard let node = Self.node(tree, key.bytes), node.pointee.type == JSON_STRING else { return nil }
    return value(node, .empty).string
  }

  package func integer(_ key: StaticString) -> Int64? {
    guard let node = Self.node(tree, key.bytes) else { return nil }
    if node.pointee.type == JSON_INTEGER { return json_integer_value(node) }
    // If the document has big numbers, all its integers are real numbers to jansson.
    return node.pointee.type == JSON_REAL ? member(key).flatMap { Text.integer($0.text) } : nil
  }

  package func forEachMember(_ body: (Bytes, Value) throws(Failure) -> Void) throws(Failure) {
    guard kind == .object else { return }
    var found = InlineArray<32, JSONScanner.Members.Member>(repeating: (.empty, 0, 0..<0))  // the first of them
    var count = 0
    var members = JSONScanner.Members(text)
    while let member = members.next() {
      if count < found.count { found[count] = member }
      count += 1
    }
    if count > Self.membersMax { throw Failure(.tooLarge, "an object has more than 1024 fields") }
    let keys = count > json_object_size(tree) ? try keys() : []
    let last = keys.isEmpty ? nil : NameIndex()
    if let last { for i in keys.indices { try last.set(last.hash(keys[i].bytes), i) } }
    var position = 0
    members = JSONScanner.Members(text)
    while let next = count > found.count ? members.next() : position < count ? found[position] : nil {
      let plain = Self.plain(next.key)
      let key = plain?.bytes ?? next.key
      position += 1
      if let last, last.find(last.hash(key)) != position - 1 { continue }
      guard let node = try node(written: key) else { continue }
      try body(key, value(node, text.slice(next.value.lowerBound, next.value.upperBound)))
    }
  }

  /// The key of each member, in the usual notation.
  private func keys() throws(Failure) -> [Buffer] {
    var keys: [Buffer] = []
    var members = JSONScanner.Members(text)
    while let next = members.next() {
      if let plain = Self.plain(next.key) { keys.append(plain) } else { keys.append(try Buffer(copying: next.key)) }
    }
    return keys
  }

  @inline(never)
  package func forEachElement(_ body: (Value) throws(Failure) -> Void) throws(Failure) {
    guard kind == .array else { return }
    var elements = JSONScanner.Elements(text)
    var position = 0
    while let node = json_array_get(tree, position) {
      try body(value(node, elements.next() ?? .empty))
      position += 1
    }
  }

  /// The element at a position; nil: there is none.
  package func element(_ position: Int) -> Value? {
    guard kind == .array, position >= 0, let node = json_array_get(tree, position) else { return nil }
    if text.isEmpty { return value(node, .empty) }
    var elements = JSONScanner.Elements(text)
    var left = position
    while let element = elements.next() {
      if left == 0 { return value(node, element) }
      left -= 1
    }
    return nil
  }

  private func node(written key: Bytes) throws(Failure) -> UnsafeMutablePointer<json_t>? {
    guard key.firstIndex(of: UInt8(ascii: "\\"), from: 0) != nil else { return Self.node(tree, key) }
    guard let decoded = Self.decoded(key) else { return nil }
    return Self.node(tree, decoded.root.string)
  }

  /// A key that is written with escapes, in the usual notation; nil: it is written without.
  @inline(never)
  private static func plain(_ key: Bytes) -> Buffer? {
    guard key.firstIndex(of: UInt8(ascii: "\\"), from: 0) != nil, let decoded = decoded(key) else { return nil }
    let plain = Buffer()
    return (try? Text.appendEscaped(decoded.root.string, to: plain)) == nil ? nil : plain
  }

  /// The key, decoded, as the root of a document.
  private static func decoded(_ key: Bytes) -> Document? {
    let quoted = Buffer()
    do throws(Failure) {
      try quoted.append("\"")
      try quoted.append(key)
      try quoted.append("\"")
      return try Document.read(taking: quoted, limits: Limits())
    } catch { return nil }
  }

  private static func node(_ tree: UnsafeMutablePointer<json_t>, _ key: Bytes) -> UnsafeMutablePointer<json_t>? {
    // An empty slice of a text has no address, and jansson accepts no NULL.
    let key = key.isEmpty ? literal("") : key
    return key.withMemoryRebound(to: CChar.self) { json_object_getn(tree, $0.baseAddress, $0.count) }
  }
}
