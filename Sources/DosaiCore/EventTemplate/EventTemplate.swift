/// What the events of one stream have in common: their bytes, but for a few values.
///
/// Equal bytes parse equally. An event whose bytes are a shape's, but for the values at its holes, therefore means what
/// the event meant that the shape was made from, with those values.
///
/// All that runs for each event is here and in `EventTemplateCache.find`. No arithmetic in it can overflow: places are within
/// the text, which is in memory.
final class EventTemplate {
  enum Slot: Int {
    /// The text of the delta.
    case text
    /// A string that is kept as it is written, or not at all.
    case string
    /// A whole number that is not 0.
    case integer
    /// Any number.
    case number
    /// What is in a list of objects that have no index.
    case elements
  }

  /// What is kept of an event beside its text: some of its holes, with the bytes between and around them.
  struct Span {
    let holes: ClosedRange<Int>
    /// Bytes before the first hole, and behind the last.
    let before: Int
    let after: Int
    /// A value of the completion that is being assembled, which outlives the shape; nil: the usage.
    let target: Unmanaged<MergedValue>?
  }

  private struct Part {
    /// How many literal bytes stand before the hole.
    let literal: Int
    let hole: Slot
    /// Its place among the numbers of `Usage`; -1: it is none of them.
    let count: Int
    // The value in the event that was matched last.
    var value = Bytes.empty
    var isEscaped = false
  }

  private static let field: StaticString = "data: "

  private let literals = Buffer()
  private let parts: UnsafeMutablePointer<Part>
  private let partsMost: Int
  private var count = 0
  private var textPart = 0
  private var list: (part: Int, target: Unmanaged<MergedValue>)?
  /// How many values there may be in a list.
  private let nodesMost: Int
  private var tail = 0  // how many literal bytes stand behind the last hole
  private var spans: [Span] = []

  // What an event of this shape gives.
  let kind: Chunk.Kind
  let choice: Int32
  let toolCall: Int32
  /// Where its text is added: a value of the completion that is being assembled, which outlives the shape.
  private let text: Unmanaged<MergedValue>
  /// Whether usage is in it, and that of the event that was matched last.
  let hasUsage: Bool
  private(set) var usage: Usage
  /// The place in the cache of the shape that came after this one the last time.
  var follower = 0

  /// `holes` are as many as will be added; `usage` is that of the event that it is made from, if it has one; `nodesMost`
  /// is for a list in it.
  static func make(
    _ kind: Chunk.Kind, choice: Int32, toolCall: Int32, text: MergedValue, usage: Usage?, holes: Int, nodesMost: Int
  ) throws(Failure) -> EventTemplate {
    let made = EventTemplate(kind, choice, toolCall, text, usage, try allocate(holes), holes, nodesMost)
    try made.literals.append(field)
    made.tail = made.literals.count
    return made
  }

  private init(
    _ kind: Chunk.Kind, _ choice: Int32, _ toolCall: Int32, _ text: MergedValue, _ usage: Usage?,
    _ parts: UnsafeMutablePointer<Part>, _ holes: Int, _ nodesMost: Int
  ) {
    self.nodesMost = nodesMost
    self.kind = kind
    self.choice = choice
    self.toolCall = toolCall
    self.text = Unmanaged.passUnretained(text)
    hasUsage = usage != nil
    self.usage = usage ?? Usage()
    partsMost = holes
    self.parts = parts
  }

  deinit { parts.deallocate() }

  func join(_ set: PrefetchList) {
    set.add(self)
    set.add(parts, count * MemoryLayout<Part>.stride)
    literals.join(set, last: 512)
    text._withUnsafeGuaranteedRef {
      set.add($0)
      set.add($0.bytes)
    }
  }

  /// Adds a hole, with the bytes between the hole before it and this one.
  func add(_ literal: Bytes, _ hole: Slot, count place: Int) throws(Failure) {
    guard count < partsMost else { throw .internalError }
    try literals.append(literal)
    if hole == .text { textPart = count }
    (parts + count).initialize(to: Part(literal: tail + literal.count, hole: hole, count: place))
    count += 1
    tail = 0
  }

  func keep(_ span: Span) { spans.append(span) }

  /// The elements at the hole are added to `target`, which is an array that outlives the shape.
  func keep(elements hole: Int, _ target: MergedValue) { list = (hole, Unmanaged.passUnretained(target)) }

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
      let found = part.pointee.hole.rawValue > 1 ? unquoted(at, end, part) : Self.string(at, end, part)
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

  @inline(never)
  private func unquoted(
    _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ part: UnsafeMutablePointer<Part>
  ) -> UnsafePointer<UInt8>? {
    guard part.pointee.hole == .elements else { return Self.number(start, end, part) }
    let list = Bytes(start: start - 1, count: end - start + 1)  // the literal before it ends with the bracket
    guard let facts = try? JSONScanner.checkValue(list, nodesMax: nodesMost, depthMax: Self.listDepthMost),
      facts.isGrowing, !facts.hasLoneSurrogate, !facts.hasBigInteger, !facts.hasExponent,
      facts.longestOther < 256, facts.isASCII || Text.firstInvalid(list.part(0, facts.end)) == nil
    else { return nil }
    return start + facts.end - 2
  }

  /// Levels within a list.
  static let listDepthMost = 8

  /// The end of a number of at most 18 digits before its point, without an exponent; nil: there is none.
  private static func number(
    _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ part: UnsafeMutablePointer<Part>
  ) -> UnsafePointer<UInt8>? {
    let isAny = part.pointee.hole == .number
    let first = isAny && start < end && start.pointee == UInt8(ascii: "-") ? start + 1 : start
    var at = first
    while at < end, at.pointee.isDigit { at += 1 }
    let count = at - first
    guard count >= 1, count <= 18, first.pointee != UInt8(ascii: "0") || isAny && count == 1 else { return nil }
    if isAny, part.pointee.count < 0, at < end, at.pointee == UInt8(ascii: ".") {
      let point = at
      at += 1
      while at < end, at.pointee.isDigit { at += 1 }
      guard at - point > 1, at - point < 64 else { return nil }
    }
    guard at < end, at.pointee == UInt8(ascii: ",") || at.pointee == UInt8(ascii: "}") else { return nil }
    return at
  }

  /// Keeps the values of the event that was matched, but for what `keepSpans` keeps. Gives the text; empty: the event must
  /// be parsed, and nothing of it was kept.
  @inline(__always)
  func take(_ merger: inout Merger, avoiding secret: Bytes) throws(Failure) -> Bytes {
    let part = parts + textPart
    if count > 1 && !isFree(of: secret) { return .empty }
    let added = text._withUnsafeGuaranteedRef {
      $0.add(part.pointee.value, isEscaped: part.pointee.isEscaped, avoiding: secret)
    }
    guard let added else { throw .outOfMemory }
    if added.isEmpty { return added }
    try merger.use(added.count)
    if let list { try merger.add(elements: parts[list.part].value.trimmed, to: list.target.takeUnretainedValue()) }
    return added
  }

  /// Whether what is beside the text has not the secret in it.
  @inline(never)
  private func isFree(of secret: Bytes) -> Bool {
    if secret.isEmpty { return true }
    for i in 0..<count where parts[i].hole == .string || parts[i].hole == .elements {
      if parts[i].value.count >= secret.count && Secret.stands(secret, in: parts[i].value) { return false }
    }
    return true
  }

  var hasSpans: Bool { !spans.isEmpty }

  func keepSpans(_ merger: inout Merger, _ usageText: Buffer) throws(Failure) {
    for span in spans {
      let last = parts[span.holes.upperBound].value
      guard let start = parts[span.holes.lowerBound].value.baseAddress, let end = last.baseAddress else { continue }
      let from = start - span.before
      let json = Bytes(start: from, count: end - from + last.count + span.after)
      guard let target = span.target else {
        try merger.set(usageText, json)
        readUsage(span.holes)
        continue
      }
      try merger.set(target.takeUnretainedValue(), json)
    }
  }

  private func readUsage(_ holes: ClosedRange<Int>) {
    for i in holes where parts[i].count >= 0 {
      if let tokens = Text.integer(parts[i].value) { usage.set(parts[i].count, tokens) }
    }
  }
}

extension MergedValue {
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
