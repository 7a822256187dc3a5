/// What the events of one stream have in common: their bytes, but for a few values.
///
/// Equal bytes parse equally. An event whose bytes are a shape's, but for the values at its holes, therefore means what
/// the event meant that the shape was made from, with those values.
///
/// All that runs for each event is here and in `ShapeCache.find`. No arithmetic in it can overflow: places are within
/// the text, which is in memory.
final class Shape {
  enum Hole {
    /// The text of the delta.
    case text
    /// A string or an integer of the event itself, of which the last counts.
    case string, integer
    /// A string that nothing keeps.
    case padding
  }

  private struct Part {
    /// How many literal bytes stand before the hole.
    let literal: Int
    let hole: Hole
    /// Where the value goes: a value of the completion that is being assembled, which outlives the shape.
    let target: Unmanaged<Assembled>?
    // The value in the event that was matched last.
    var value = Bytes.empty
    var isEscaped = false
  }

  private static let holesMost = 8
  private static let field: StaticString = "data: "

  private let literals = Buffer()
  private let parts = UnsafeMutablePointer<Part>.allocate(capacity: Shape.holesMost)
  private var count = 0
  private var textPart = 0
  private var tail = 0  // how many literal bytes stand behind the last hole

  // What an event of this shape gives.
  let kind: Chunk.Kind
  let choice: Int32
  let toolCall: Int32
  /// The place in the cache of the shape that came after this one the last time.
  var follower = 0

  static func make(_ kind: Chunk.Kind, choice: Int32, toolCall: Int32) throws(Failure) -> Shape {
    let made = Shape(kind, choice, toolCall)
    try made.literals.append(field)
    made.tail = made.literals.count
    return made
  }

  private init(_ kind: Chunk.Kind, _ choice: Int32, _ toolCall: Int32) {
    self.kind = kind
    self.choice = choice
    self.toolCall = toolCall
  }

  deinit { parts.deallocate() }

  /// Adds a hole, with the bytes between the hole before it and this one. False: there are too many.
  func add(_ literal: Bytes, _ hole: Hole, _ target: Assembled?) throws(Failure) -> Bool {
    guard count < Self.holesMost else { return false }
    try literals.append(literal)
    if hole == .text { textPart = count }
    let length = tail + literal.count
    parts[count] = Part(literal: length, hole: hole, target: target.map { Unmanaged.passUnretained($0) })
    count += 1
    tail = 0
    return true
  }

  /// Ends it with the bytes behind the last hole, and the blank line behind the event.
  func finish(_ literal: Bytes) throws(Failure) {
    try literals.append(literal)
    try literals.append("\n\n")
    tail += literal.count + 2
  }

  /// The length, with its field's name and its blank line, of the event that `text` begins with, if it has this shape;
  /// -1: it has another, or has not come whole. Its values are then in `parts`.
  @inline(__always)
  func match(_ text: Bytes) -> Int {
    guard var known = literals.bytes.baseAddress, let start = text.baseAddress else { return -1 }
    let end = start + text.count
    var at = start
    var part = parts
    let last = parts + count
    while part < last {
      let length = part.pointee.literal
      guard end - at > length, isEqual(at, known, length) else { return -1 }
      at += length
      known += length
      let found = part.pointee.hole == .integer ? Self.integer(at, end) : Self.string(at, end, part)
      guard let found else { return -1 }
      part.pointee.value = Bytes(start: at, count: found - at)
      at = found
      part += 1
    }
    guard end - at >= tail, isEqual(at, known, tail) else { return -1 }
    return at - start &+ tail
  }

  /// The quote that ends a string, of which the bytes before are UTF-8; nil: there is none.
  @inline(__always)
  private static func string(
    _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ part: UnsafeMutablePointer<Part>
  ) -> UnsafePointer<UInt8>? {
    var seen: UInt64 = 0
    var at = Text.plainEnd(start, end, &seen)
    part.pointee.isEscaped = false
    while at < end, at.pointee == UInt8(ascii: "\\") {
      // Whether an escape is one shows where it is read, which is only done with the text.
      guard part.pointee.hole == .text, end - at > 2 else { return nil }
      part.pointee.isEscaped = true
      at = Text.plainEnd(at + 2, end, &seen)
    }
    guard at < end, at.pointee == UInt8(ascii: "\""), at > start else { return nil }  // an empty one may not count
    return seen & 0x8080_8080_8080_8080 == 0 || isValid(start, at) ? at : nil
  }

  @inline(never)
  private static func isValid(_ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> Bool {
    Text.firstInvalid(Bytes(start: start, count: end - start)) == nil
  }

  /// The end of a whole number of 1 to 18 digits, which is not 0; nil: there is none.
  @inline(never)
  private static func integer(
    _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>
  ) -> UnsafePointer<UInt8>? {
    var at = start
    while at < end, at.pointee.isDigit { at += 1 }
    let count = at - start
    guard at < end, count >= 1, count <= 18, start.pointee != UInt8(ascii: "0") else { return nil }
    return at.pointee == UInt8(ascii: ",") || at.pointee == UInt8(ascii: "}") ? at : nil
  }

  /// Keeps the values of the event that was matched. The text; empty: this event must go the slow way, nothing was kept.
  @inline(__always)
  func take(_ merger: inout Merger, avoiding secret: Bytes) throws(Failure) -> Bytes {
    let part = parts + textPart
    guard let target = part.pointee.target else { return .empty }
    let added = target._withUnsafeGuaranteedRef {
      $0.add(part.pointee.value, isEscaped: part.pointee.isEscaped, avoiding: secret)
    }
    guard let added else { throw .outOfMemory }
    if added.isEmpty { return added }
    try merger.use(added.count)
    if count > 1 { try keepOthers(&merger) }
    return added
  }

  @inline(never)
  private func keepOthers(_ merger: inout Merger) throws(Failure) {
    for i in 0..<count {
      guard parts[i].hole == .string || parts[i].hole == .integer, let target = parts[i].target else { continue }
      let quote = parts[i].hole == .string ? 1 : 0
      guard let start = parts[i].value.baseAddress else { continue }
      let json = Bytes(start: start - quote, count: parts[i].value.count + 2 * quote)
      try merger.set(target.takeUnretainedValue(), json)
    }
  }
}

extension Assembled {
  /// Adds the text of a JSON string, given without its quotes, and gives what was added. nil: out of memory. Empty:
  /// nothing was added, because it is broken or has the secret in it, or because this is no text.
  @inline(__always)
  fileprivate func add(_ text: Bytes, isEscaped: Bool, avoiding secret: Bytes) -> Bytes? {
    guard form == .text else { return .empty }
    let before = bytes.count
    if isEscaped {
      guard let isWhole = try? Text.appendUnescaped(text, to: bytes) else { return nil }
      if !isWhole { return .empty }
    } else if !bytes.add(text) {
      return nil
    }
    guard let start = bytes.bytes.baseAddress else { return .empty }
    let added = Bytes(start: start + before, count: bytes.count &- before)
    if secret.isEmpty || added.count < secret.count || added.firstIndex(of: secret) == nil { return added }
    bytes.truncate(to: before)
    return .empty
  }
}
