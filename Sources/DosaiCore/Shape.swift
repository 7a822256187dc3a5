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

  struct Part {
    /// Where in `literals` the bytes before the hole end.
    let end: Int
    let hole: Hole
    /// Where the value goes.
    unowned(unsafe) let target: Assembled?
  }

  struct Span {
    var start = 0
    var end = 0
    var isEscaped = false
  }

  static let holesMost = 8

  private let literals = Buffer()
  private let parts = UnsafeMutablePointer<Part>.allocate(capacity: Shape.holesMost)
  private var count = 0
  private let spans = UnsafeMutablePointer<Span>.allocate(capacity: Shape.holesMost)

  // What an event of this shape gives.
  let kind: Chunk.Kind
  let choice: Int32
  let toolCall: Int32

  init(_ kind: Chunk.Kind, choice: Int32, toolCall: Int32) {
    self.kind = kind
    self.choice = choice
    self.toolCall = toolCall
  }

  deinit {
    parts.deallocate()
    spans.deallocate()
  }

  /// Adds a hole, with the bytes between the hole before it and this one. False: there are too many.
  func add(_ literal: Bytes, _ hole: Hole, _ target: Assembled?) throws(Failure) -> Bool {
    guard count < Self.holesMost else { return false }
    try literals.append(literal)
    parts[count] = Part(end: literals.count, hole: hole, target: target)
    count += 1
    return true
  }

  /// Ends it with the bytes behind the last hole.
  func finish(_ literal: Bytes) throws(Failure) { try literals.append(literal) }

  /// Whether the event has this shape; its values are then in `spans`.
  func matches(_ event: Bytes) -> Bool {
    let known = literals.bytes
    var at = 0
    var from = 0
    for i in 0..<count {
      let length = parts[i].end - from
      guard event.part(at, at + length).equals(known.part(from, parts[i].end)) else { return false }
      at += length
      from = parts[i].end
      spans[i] = Span(start: at, end: at)
      guard parts[i].hole == .integer ? scanInteger(event, &spans[i]) : scanString(event, &spans[i]) else { return false }
      if spans[i].isEscaped && parts[i].hole == .string { return false }
      at = spans[i].end
    }
    return event.part(at, event.count).equals(known.part(from, known.count))
  }

  /// To the quote that ends a string, of which the bytes before are UTF-8.
  private func scanString(_ event: Bytes, _ span: inout Span) -> Bool {
    var at = span.start
    var ored: UInt8 = 0
    while at < event.count {
      let byte = event[at]
      if byte == UInt8(ascii: "\"") {
        span.end = at
        return ored < 0x80 || Text.firstInvalid(event.part(span.start, at)) == nil
      }
      if byte < 0x20 { return false }
      if byte == UInt8(ascii: "\\") {
        span.isEscaped = true
        at += 1
      }
      ored |= byte
      at += 1
    }
    return false
  }

  /// A whole number of at most 18 digits, as JSON writes it.
  private func scanInteger(_ event: Bytes, _ span: inout Span) -> Bool {
    var at = span.start
    while at < event.count, event[at].isDigit { at += 1 }
    span.end = at
    let count = at - span.start
    guard count >= 1, count <= 18, count == 1 || event[span.start] != UInt8(ascii: "0"), at < event.count else { return false }
    return event[at] == UInt8(ascii: ",") || event[at] == UInt8(ascii: "}")
  }

  /// Keeps the values of an event that matches. The text; nil: this event must go the slow way, and nothing was kept.
  func take(_ event: Bytes, _ merger: inout Merger, avoiding secret: Bytes) throws(Failure) -> Bytes? {
    var text: Bytes?
    for i in 0..<count where parts[i].hole == .text {
      let value = event.part(spans[i].start, spans[i].end)
      guard !value.isEmpty, let target = parts[i].target, target.form == .text else { return nil }
      let before = target.bytes.count
      if spans[i].isEscaped {
        guard try Text.appendUnescaped(value, to: target.bytes) else {
          target.bytes.truncate(to: before)
          return nil
        }
      } else {
        try target.bytes.append(value)
      }
      let added = target.bytes.bytes.part(before, target.bytes.count)
      if added.count >= secret.count, !secret.isEmpty, added.firstIndex(of: secret) != nil {
        target.bytes.truncate(to: before)
        return nil
      }
      try merger.use(added.count)
      text = added
    }
    for i in 0..<count {
      guard parts[i].hole == .string || parts[i].hole == .integer, let target = parts[i].target else { continue }
      let quote = parts[i].hole == .string ? 1 : 0
      try merger.set(target, event.part(spans[i].start - quote, spans[i].end + quote))
    }
    return text
  }
}
