/// The bytes that the events of one stream have in common, with slots for the few values that differ.
///
/// Equal bytes parse equally. An event that has the template's bytes everywhere except in the slots therefore means the
/// same as the event that the template was made from, apart from the values in the slots.
///
/// Everything that runs for each event is here and in `EventTemplateCache.find`. None of its arithmetic can overflow:
/// all offsets are within the text, which is in memory.
final class EventTemplate {
  enum Slot: Int {
    /// The text of the delta.
    case text
    /// A string that is kept as it is written, unless it is empty.
    case string
    /// A string that is not kept.
    case ignored
    /// A whole number that is not 0.
    case integer
    /// Any number.
    case number
    /// The elements of a list of objects that have no index.
    case elements
  }

  /// A value that is kept in addition to the text: some of the slots, with the bytes between and around them.
  private struct Span {
    let first: UnsafePointer<Segment>
    let last: UnsafePointer<Segment>
    /// How many bytes it has before its first slot, and there and after its last.
    let before: Int
    let around: Int
    /// 32 if as many bytes can be read from its beginning on; else 0.
    let readable: Int
    /// Where it is stored: in a value of the builder, which outlives the template. nil: it is the usage.
    let target: Unmanaged<Buffer>?
  }

  private struct Segment {
    /// How many literal bytes precede the slot, or end the template.
    let literal: Int
    let slot: Slot
    /// The field of `Usage` that its number belongs to; -1: none.
    let usageField: Int
    // Its value in the event that was matched last.
    var start: UnsafePointer<UInt8>
    var end: UnsafePointer<UInt8>
    var form = Form.short
    var value: Bytes { Bytes(start: start, count: end - start) }
  }

  /// What is known of a string.
  private enum Form {
    case short  // ASCII without escapes, and 16 bytes can be read from its beginning on
    case plain  // without escapes
    case escaped
  }

  private static let field: StaticString = "data: "

  private let literals = Buffer()
  private let segments: UnsafeMutablePointer<Segment>
  private let partsMax: Int
  private var last: UnsafeMutablePointer<Segment>  // without a slot
  private var textSegment: UnsafeMutablePointer<Segment>
  private var list: (segment: Int, target: Unmanaged<MergedValue>)?
  private var listShape: ListShape?
  private var listSteps: UnsafePointer<UInt8>?  // those of the shape
  /// How many values a list may have.
  private let nodesMax: Int
  private(set) var tail = 0  // how many literal bytes follow the last slot
  private let spans: UnsafeMutablePointer<Span>  // no more than slots
  private var spansEnd: UnsafeMutablePointer<Span>

  // What an event that matches gives.
  let kind: Chunk.Kind
  let choice: Int32
  let toolCall: Int32
  var isTextOnly = false
  /// The literal bytes, if it has no slot but its text: `head` of them precede the text, and `tail` follow it.
  private(set) var plain: UnsafePointer<UInt8>?
  private(set) var head = 0
  /// What is between the texts of two such events: the tail of one, and the head of the other.
  let between = Buffer()
  /// Where its text is appended: a value of the builder, which outlives the template.
  private let text: Unmanaged<MergedValue>
  let textBytes: Unmanaged<Buffer>
  /// Whether it contains usage, and the usage of the event that was matched last.
  let hasUsage: Bool
  private(set) var usage: Usage
  /// Unique in its cache.
  var number = 0
  /// The template of the same cache that matched next after this one, the last time.
  var follower: Unmanaged<EventTemplate>?

  /// `slots`: how many will be added. `usage`: that of the event that the template is made from, if it has any.
  /// `nodesMax`: the limit for a list.
  static func make(
    _ kind: Chunk.Kind, choice: Int32, toolCall: Int32, text: MergedValue, usage: Usage?, slots: Int, nodesMax: Int
  ) throws(Failure) -> EventTemplate {
    let segments: UnsafeMutablePointer<Segment> = try allocate(slots + 1)
    let spans: UnsafeMutablePointer<Span>
    do throws(Failure) { spans = try allocate(slots) } catch {
      segments.deallocate()
      throw error
    }
    let made = EventTemplate(kind, choice, toolCall, text, usage, segments, spans, slots, nodesMax)
    try made.literals.append(field)
    made.tail = made.literals.count
    return made
  }

  private init(
    _ kind: Chunk.Kind, _ choice: Int32, _ toolCall: Int32, _ text: MergedValue, _ usage: Usage?,
    _ segments: UnsafeMutablePointer<Segment>, _ spans: UnsafeMutablePointer<Span>, _ slots: Int, _ nodesMax: Int
  ) {
    self.nodesMax = nodesMax
    self.kind = kind
    self.choice = choice
    self.toolCall = toolCall
    self.text = Unmanaged.passUnretained(text)
    textBytes = Unmanaged.passUnretained(text.bytes)
    hasUsage = usage != nil
    self.usage = usage ?? Usage()
    partsMax = slots
    self.segments = segments
    last = segments
    textSegment = segments
    self.spans = spans
    spansEnd = spans
  }

  deinit {
    segments.deallocate()
    spans.deallocate()
  }

  func addMemory(to prefetchList: PrefetchList) {
    prefetchList.add(self)
    prefetchList.add(segments, (last - segments) * MemoryLayout<Segment>.stride)
    literals.addMemory(to: prefetchList, last: 512)
    prefetchList.add(between)
    text._withUnsafeGuaranteedRef {
      prefetchList.add($0)
      prefetchList.add($0.bytes)
    }
  }

  /// Adds a slot, and the bytes between the previous slot and this one.
  func add(_ literal: Bytes, _ slot: Slot, usageField: Int) throws(Failure) {
    guard last - segments < partsMax else { throw .internalError }
    try literals.append(literal)
    if slot == .text { textSegment = last }
    end(at: tail + literal.count, slot, usageField)
    last += 1
    tail = 0
  }

  /// Ends the literal bytes of the last segment.
  private func end(at literal: Int, _ slot: Slot, _ usageField: Int) {
    let none = UnsafeRawPointer(segments).assumingMemoryBound(to: UInt8.self)
    last.initialize(to: Segment(literal: literal, slot: slot, usageField: usageField, start: none, end: none))
  }

  /// Keeps the value that these slots are in, with so many bytes before the first and after the last of them.
  func keep(_ slots: ClosedRange<Int>, before: Int, after: Int, in target: MergedValue?) throws(Failure) {
    guard spansEnd - spans < partsMax else { throw .internalError }
    var rest = before
    for i in slots.lowerBound + 1...last - segments { rest += segments[i].literal }
    spansEnd.initialize(
      to: Span(
        first: segments + slots.lowerBound, last: segments + slots.upperBound, before: before, around: before + after,
        readable: rest >= 32 ? 32 : 0, target: target.map { Unmanaged.passUnretained($0.bytes) }))
    spansEnd += 1
  }

  /// The elements in that slot are added to `target`, an array that outlives the template.
  func keep(elements slot: Int, _ shape: ListShape?, _ target: MergedValue) {
    list = (slot, Unmanaged.passUnretained(target))
    listShape = shape
    listSteps = shape?.steps.bytes.baseAddress
  }

  /// Ends the template with the bytes after the last slot, and the blank line after the event.
  func finish(_ literal: Bytes, lengthMax: Int) throws(Failure) {
    try literals.append(literal)
    try literals.append("\n\n")
    tail += literal.count + 2
    end(at: tail, .string, -1)
    if last - segments == 1, let known = literals.bytes.baseAddress {
      plain = UnsafePointer(known)
      head = segments.pointee.literal
      if head + tail + 16 <= lengthMax {  // which an event with a short text does not exceed
        try between.append(literals.bytes.slice(head, head + tail))
        try between.append(literals.bytes.slice(0, head))
      }
    }
  }

  /// Sets all of a chunk but its text.
  @inline(__always)
  func describe(_ chunk: inout Chunk) {
    if chunk.template == number { return }
    chunk.kind = kind
    chunk.choice = choice
    chunk.toolCall = toolCall
    chunk.toolCallID = .empty
    chunk.toolCallName = .empty
    chunk.finishReason = .none
    chunk.isTextOnly = isTextOnly
    chunk.template = number
    chunk.shown = 0
  }

  /// If the event that `text` begins with matches, returns its length, including its field name and blank line, and
  /// leaves its values in `segments`. nil: it does not match, or is not complete yet.
  @inline(always)
  func match(_ text: Bytes) -> Int? {
    guard var known = literals.bytes.baseAddress, let start = text.baseAddress else { return nil }
    let end = start + text.count
    var at = start
    var segment = segments
    while true {
      let length = segment.pointee.literal
      guard end - at >= length, isEqualShort(at, known, length) else { return nil }
      at += length
      if segment == last { return at - start }
      known += length
      guard let found = value(at, end, segment) else { return nil }
      segment.pointee.start = at
      segment.pointee.end = found
      at = found
      segment += 1
    }
  }

  /// The end of the value of a slot; nil: there is none. The quote that ends a short string is found inline.
  @inline(always)
  private func value(
    _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ segment: UnsafeMutablePointer<Segment>
  ) -> UnsafePointer<UInt8>? {
    if segment.pointee.slot.rawValue > Slot.ignored.rawValue {
      return segment.pointee.slot == .elements ? elements(start, end) : number(start, end, segment)
    }
    if start <= end - 16 {
      let found = Text.shortEnd(start)
      if found.pointee == UInt8(ascii: "\""), found > start {
        segment.pointee.form = .short
        return found
      }
    }
    return string(start, end, segment)
  }

  /// The quote that ends a string; nil: there is none, or the string is not UTF-8, or is empty and not ignored.
  @inline(never)
  private func string(
    _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ segment: UnsafeMutablePointer<Segment>
  ) -> UnsafePointer<UInt8>? {
    if start.pointee == UInt8(ascii: "\"") && segment.pointee.slot != .ignored { return nil }
    var plain = start
    while end - plain >= 16 {
      let found = Text.shortEnd(plain)
      if found.pointee == UInt8(ascii: "\"") {
        segment.pointee.form = .plain
        return found
      }
      if found - plain < 16 { break }
      plain = found
    }
    guard let (at, isEscaped) = Text.validEnd(start, end), segment.pointee.slot == .text || !isEscaped, at < end,
      at.pointee == UInt8(ascii: "\"")
    else { return nil }
    segment.pointee.form = isEscaped ? .escaped : .plain
    return at
  }

  @inline(never)
  private func elements(_ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> UnsafePointer<UInt8>? {
    // It has fewer values than bytes.
    if let listSteps, let like = ListShape.end(start, end, listSteps), like - start < nodesMax { return like }
    return Self.checkedEnd(start, end, nodesMax: nodesMax)
  }

  /// Where a list ends whose elements begin at `start`; nil: an event with it must be parsed.
  @inline(never)
  static func checkedEnd(
    _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, nodesMax: Int
  ) -> UnsafePointer<UInt8>? {
    let list = Bytes(start: start - 1, count: end - start + 1)  // the preceding literal ends with the bracket
    guard let facts = try? JSONScanner.checkValue(list, nodesMax: nodesMax, depthMax: listDepthMax),
      facts.isGrowing, !facts.hasLoneSurrogate, !facts.hasBigInteger, !facts.hasExponent,
      facts.longestOther < 256, facts.isASCII || Text.firstInvalid(list.slice(0, facts.end)) == nil
    else { return nil }
    return start + facts.end - 2
  }

  /// The levels of nesting that a list may have.
  static let listDepthMax = 8

  /// The end of a number without an exponent, and with at most 18 digits before its point; nil: there is none.
  @inline(always)
  private func number(
    _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ segment: UnsafeMutablePointer<Segment>
  ) -> UnsafePointer<UInt8>? {
    let isAny = segment.pointee.slot == .number
    let first = isAny && start.pointee == UInt8(ascii: "-") ? start + 1 : start
    var at = first
    var number: Int64 = 0
    while true {  // a NUL follows the bytes
      let digit = at.pointee &- UInt8(ascii: "0")
      if digit > 9 { break }
      number = number &* 10 &+ Int64(digit)
      at += 1
    }
    let count = at - first
    guard count >= 1, count <= 18, first.pointee != UInt8(ascii: "0") || isAny && count == 1 else { return nil }
    if at.pointee == UInt8(ascii: "."), isAny, segment.pointee.usageField < 0, at < end {
      let point = at
      at += 1
      while at < end, at.pointee.isDigit { at += 1 }
      guard at - point > 1, at - point < 64 else { return nil }
    }
    if segment.pointee.usageField >= 0 { usage.set(segment.pointee.usageField, first > start ? 0 &- number : number) }
    return at
  }

  /// Adds the text of the event that was matched, for which there is room, and returns it; nil: the event must be
  /// parsed, and nothing of it was added. What else it has, `addRest` adds.
  @inline(__always)
  func addText(_ merger: inout Merger, avoiding secret: SoughtSecret) -> Bytes? {
    let (start, form) = (textSegment.pointee.start, textSegment.pointee.form)
    let count = textSegment.pointee.end - start
    if !secret.bytes.isEmpty && !isFree(of: secret.bytes) { return nil }
    if form == .short, let short = addShort(start, count, secret) {
      merger.take(count)
      return Bytes(start: short, count: count)
    }
    guard let added = addLong(Bytes(start: start, count: count), isEscaped: form == .escaped, secret.bytes) else {
      return nil
    }
    merger.take(added.count)
    return added
  }

  @inline(never)
  private func addLong(_ value: Bytes, isEscaped: Bool, _ secret: Bytes) -> Bytes? {
    textBytes._withUnsafeGuaranteedRef { $0.add(value, isEscaped: isEscaped, avoiding: secret) }
      .flatMap { $0.isEmpty ? nil : $0 }
  }

  /// Adds what the event has besides its text. `usageText`: where the usage is stored.
  @inline(__always)
  func addRest(_ merger: inout Merger, _ usageText: Unmanaged<Buffer>) throws(Failure) {
    if list != nil { try addList(&merger) }
    var span = UnsafePointer(spans)
    while span < spansEnd {
      let start = span.pointee.first.pointee.start
      let length = span.pointee.last.pointee.end - start &+ span.pointee.around
      let json = Bytes(start: start + (0 &- span.pointee.before), count: length)
      let target = span.pointee.target ?? usageText
      if !merger.set(inPlace: target, json, readable: span.pointee.readable) { try merger.set(target, json) }
      span += 1
    }
  }

  @inline(never)
  private func addList(_ merger: inout Merger) throws(Failure) {
    guard let list else { return }
    var elements = segments[list.segment].value
    guard let first = elements.first else { return }
    if first <= 0x20 || segments[list.segment].end[-1] <= 0x20 { elements = elements.trimmed }
    if !merger.addInPlace(elements: elements, to: list.target) {
      try merger.add(elements: elements, to: list.target.takeUnretainedValue())
    }
  }

  /// Whether no value other than the text contains the secret, which is not empty.
  @inline(never)
  private func isFree(of secret: Bytes) -> Bool {
    for i in 0..<last - segments where segments[i].value.count >= secret.count {
      switch segments[i].slot {
      case .string, .ignored, .elements: if Secret.occurs(secret, in: segments[i].value) { return false }
      case .text, .integer, .number: break
      }
    }
    return true
  }
}

extension Buffer {
  /// Appends the text of a JSON string, given without its quotes, and returns what was appended. nil: out of memory.
  /// Empty: nothing was appended, because the string is invalid or contains the secret.
  @inline(__always)
  func add(_ text: Bytes, isEscaped: Bool, avoiding secret: Bytes) -> Bytes? {
    let before = count
    if isEscaped {
      guard let isWhole = try? Text.appendUnescaped(text, to: self) else { return nil }
      if !isWhole { return .empty }
    } else if !add(text) {
      return nil
    }
    guard let start = bytes.baseAddress else { return .empty }
    let added = Bytes(start: start + before, count: count &- before)
    if !Secret.isWritten(secret, in: added) { return added }
    truncate(to: before)
    return .empty
  }
}
