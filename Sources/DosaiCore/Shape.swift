/// What the events of one stream have in common: their bytes, but for a few values.
///
/// Equal bytes parse equally. An event whose bytes are a shape's, but for the values at its holes, therefore means what
/// the event meant that the shape was made from, with those values.
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
    /// Where in `literals` the bytes before the hole end.
    let end: Int
    let hole: Hole
    /// Where the value goes: a value of the completion that is being assembled, which outlives the shape.
    let target: Unmanaged<Assembled>?
    // The value in the event that was matched last.
    var from = 0
    var to = 0
    var isEscaped = false
  }

  static let holesMost = 8

  private let literals = Buffer()
  private let parts = UnsafeMutablePointer<Part>.allocate(capacity: Shape.holesMost)
  private var count = 0
  private var textPart = 0

  // What an event of this shape gives.
  let kind: Chunk.Kind
  let choice: Int32
  let toolCall: Int32

  init(_ kind: Chunk.Kind, choice: Int32, toolCall: Int32) {
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
    parts[count] = Part(end: literals.count, hole: hole, target: target.map { Unmanaged.passUnretained($0) })
    count += 1
    return true
  }

  /// Ends it with the bytes behind the last hole, and the blank line behind the event.
  func finish(_ literal: Bytes) throws(Failure) {
    try literals.append(literal)
    try literals.append("\n\n")
  }

  /// Where the event of this shape that begins at `start` ends, without its blank line; nil: it has another shape, or
  /// has not come whole. Its values are then in `parts`.
  func end(of text: Bytes, from start: Int) -> Int? {
    guard let known = literals.bytes.baseAddress, let base = text.baseAddress else { return nil }
    var at = start
    var from = 0
    for i in 0..<count {
      let length = parts[i].end - from
      guard text.count - at > length, isEqual(base + at, known + from, length) else { return nil }
      at += length
      from = parts[i].end
      parts[i].from = at
      at = parts[i].hole == .integer ? integer(base, at, text.count) : string(base, at, text.count, &parts[i])
      if at < 0 { return nil }
      parts[i].to = at
    }
    let length = literals.count - from
    guard text.count - at >= length, isEqual(base + at, known + from, length) else { return nil }
    return at + length - 2
  }

  /// The quote that ends a string, of which the bytes before are UTF-8; -1: there is none.
  @inline(__always)
  private func string(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int, _ part: inout Part) -> Int {
    var at = start
    var seen: UInt8 = 0
    part.isEscaped = false
    while at < end {
      let byte = base[at]
      if byte == UInt8(ascii: "\"") {
        if at == start { return -1 }  // an empty one may not count
        if seen < 0x80 { return at }
        return Text.firstInvalid(Bytes(start: base + start, count: at - start)) == nil ? at : -1
      }
      if byte < 0x20 { return -1 }
      if byte == UInt8(ascii: "\\") {
        if part.hole != .text { return -1 }  // whether the escape is one shows where it is read
        part.isEscaped = true
        at += 1
      }
      seen |= byte
      at += 1
    }
    return -1
  }

  /// The end of a whole number of 1 to 18 digits, which is not 0; -1: there is none.
  private func integer(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Int {
    var at = start
    while at < end, base[at].isDigit { at += 1 }
    let count = at - start
    guard at < end, count >= 1, count <= 18, base[start] != UInt8(ascii: "0") else { return -1 }
    return base[at] == UInt8(ascii: ",") || base[at] == UInt8(ascii: "}") ? at : -1
  }

  /// Keeps the values of the event that was matched. The text; nil: this event must go the slow way, nothing was kept.
  func take(_ text: Bytes, _ merger: inout Merger, avoiding secret: Bytes) throws(Failure) -> Bytes? {
    let part = parts[textPart]
    guard part.to > part.from, let target = part.target else { return nil }
    let value = text.part(part.from, part.to)
    guard
      let added = try append(
        value, isEscaped: part.isEscaped, to: target.takeUnretainedValue(), avoiding: secret)
    else { return nil }
    try merger.use(added.count)
    if count > 1 { try keepOthers(text, &merger) }
    return added
  }

  private func append(
    _ value: Bytes, isEscaped: Bool, to target: Assembled, avoiding secret: Bytes
  ) throws(Failure) -> Bytes? {
    guard target.form == .text else { return nil }
    let before = target.bytes.count
    if !isEscaped {
      try target.bytes.append(value)
    } else if try !Text.appendUnescaped(value, to: target.bytes) {
      target.bytes.truncate(to: before)
      return nil
    }
    let added = target.bytes.bytes.part(before, target.bytes.count)
    if secret.isEmpty || added.count < secret.count || added.firstIndex(of: secret) == nil { return added }
    target.bytes.truncate(to: before)
    return nil
  }

  private func keepOthers(_ text: Bytes, _ merger: inout Merger) throws(Failure) {
    for i in 0..<count {
      guard parts[i].hole == .string || parts[i].hole == .integer, let target = parts[i].target else { continue }
      let quote = parts[i].hole == .string ? 1 : 0
      try merger.set(target.takeUnretainedValue(), text.part(parts[i].from - quote, parts[i].to + quote))
    }
  }
}
