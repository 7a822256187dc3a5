import CJansson
import CSystem
import DosaiCore
import Synchronization

/// A JSON text and the tree that jansson made of it.
package final class Document {
  private static let smallMost = 4 << 10
  /// As much as takes jansson some milliseconds.
  private static let longWork = 1 << 20
  /// jansson calls itself for each level. Lists and objects of this depth, which nobody looks into, are empty to it.
  private static let depthMost = 32

  package let source: Buffer
  private let list: UnsafeMutablePointer<json_t>
  private let tree: UnsafeMutablePointer<json_t>
  fileprivate let longStrings: LongStrings
  /// Broken UTF-8 or lone surrogates were replaced by U+FFFD.
  package let isRepaired: Bool
  /// It has integers beyond 64 bits.
  package let hasBigNumbers: Bool

  /// Takes the text, which nothing else may change from here on. PROTOCOL: not JSON. TOO_LARGE: beyond a limit.
  /// No message tells what the text holds.
  package static func read(
    taking text: Buffer, limits: Limits, longLeast: Int = LongStrings.least
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
    let takesLong =
      facts.longestString >= longLeast && !facts.hasMark && text.bytes.firstIndex(of: 0x7F, from: 0) == nil
    let longest = max(facts.longestOther, takesLong ? longLeast - 1 : facts.longestString, 24)
    let given = Buffer()
    let padding = try pad(given, longest)
    let longStrings = LongStrings()
    let flat = facts.depth < depthMost ? text : try JSONScanner.copy(text.bytes, depthMax: depthMost)
    if takesLong {
      try longStrings.take(flat.bytes, least: longLeast, rest: given)
    } else {
      try given.append(flat.bytes)
    }
    try given.append("]")
    if given.count > longWork { try limits.check?() }
    var parsed = try parse(given, flags: 0)
    let isBig = parsed == nil && facts.hasBigInteger
    if isBig { parsed = try parse(given, flags: JSON_DECODE_INT_AS_REAL) }
    guard let parsed else { throw Failure(.malformed, "not JSON that can be read") }
    guard json_string_length(json_array_get(parsed, 0)) == padding, let tree = json_array_get(parsed, 1) else {
      cjansson_release(parsed)
      throw .outOfMemory
    }
    return Document(
      text, parsed, tree, longStrings, isRepaired: isBroken || facts.hasLoneSurrogate, hasBigNumbers: isBig)
  }

  /// Begins a list whose second element is the text. Of a token for which jansson 2.14 cannot grow its buffer it keeps a
  /// part, and where that is without the closing quote it reads and writes beyond it. So the first element is a string
  /// with which the buffer grows to what the longest token needs, but not at its closing quote; what of it is missing,
  /// there was no memory for. For more than a page that is looked at before. Gives the string's length.
  private static func pad(_ given: Buffer, _ longest: Int) throws(Failure) -> Int {
    if longest > Self.smallMost, csystem_has_room(3 &* longest) == 0 { throw .outOfMemory }
    var room = 16  // doubled when it is full, of which the last byte is a NUL
    while room < min(longest, Self.smallMost) + 2 { room *= 2 }
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

  /// jansson reads real numbers by the locale of the thread, and ends the process when another thread changes the
  /// locale meanwhile (2.14): for its call the thread has a locale of its own.
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

/// The C locale, made once and kept.
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

  package var isHollow: Bool {
    kind == .object && json_object_size(tree) == 0 || kind == .array && json_array_size(tree) == 0
  }

  package func glance(_ key: StaticString) -> Value? {
    // Integers need their text then.
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
      if written.equals(key) { found = text.part(next.value.lowerBound, next.value.upperBound) }
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
    // Where one integer is beyond 64 bits jansson read them all as real numbers.
    return node.pointee.type == JSON_REAL ? member(key).flatMap { Text.integer($0.text) } : nil
  }

  package func forEachMember(_ body: (Bytes, Value) throws(Failure) -> Void) throws(Failure) {
    guard kind == .object else { return }
    var count = 0
    var counting = JSONScanner.Members(text)
    while counting.next() != nil { count += 1 }
    if count > 1024 { throw Failure(.tooLarge, "an object has more than 1024 fields") }
    let keys = count > json_object_size(tree) ? try keys() : []
    let last = keys.isEmpty ? nil : Places()
    if let last { for i in keys.indices { try last.set(last.hash(keys[i].bytes), i) } }
    var position = 0
    var members = JSONScanner.Members(text)
    while let next = members.next() {
      let plain = Self.plain(next.key)
      let key = plain?.bytes ?? next.key
      position += 1
      if let last, last.find(last.hash(key)) != position - 1 { continue }
      guard let node = try node(written: key) else { continue }
      try body(key, value(node, text.part(next.value.lowerBound, next.value.upperBound)))
    }
  }

  /// The key of each member, in the usual writing.
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

  /// The element at a position, if it is there.
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

  /// The usual writing of a key that is written with escapes; nil where it is written without.
  @inline(never)
  private static func plain(_ key: Bytes) -> Buffer? {
    guard key.firstIndex(of: UInt8(ascii: "\\"), from: 0) != nil, let decoded = decoded(key) else { return nil }
    let plain = Buffer()
    return (try? Text.appendEscaped(decoded.root.string, to: plain)) == nil ? nil : plain
  }

  /// The key as the string that it is.
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
    // An empty part of a text has no address, and jansson takes none.
    let key = key.isEmpty ? literal("") : key
    return key.withMemoryRebound(to: CChar.self) { json_object_getn(tree, $0.baseAddress, $0.count) }
  }
}
