/// Makes a template from an event that was parsed and added.
struct EventTemplateMaker {
  private struct FoundSlot {
    let range: Range<Int>
    let kind: EventTemplate.Slot
    var usageField = -1
  }

  /// A value of the event that is kept as it is written.
  private struct FoundSpan {
    let range: Range<Int>
    let slots: ClosedRange<Int>
    let target: MergedValue?
  }

  private static let slotsMax = 32

  private let event: Bytes
  private let builder: CompletionBuilder
  private var slots: [FoundSlot] = []
  private var spans: [FoundSpan] = []
  private var kind: Chunk.Kind?
  private var choice: CompletionBuilder.Choice?
  private var toolCall: Int32 = -1
  private var target: MergedValue?
  private var hasUsage = false
  private var list: (slot: Int, target: MergedValue)?

  init(_ event: Bytes, _ builder: CompletionBuilder) {
    self.event = event
    self.builder = builder
  }

  /// nil: the event has more than one text, or something that must be examined each time.
  mutating func make() throws(Failure) -> EventTemplate? {
    guard event.firstIndex(of: UInt8(ascii: "\n"), from: 0) == nil, readEvent(), let kind, let choice, let target,
      slots.count <= Self.slotsMax
    else { return nil }
    let template = try EventTemplate.make(
      kind, choice: choice.index, toolCall: toolCall, text: target, usage: hasUsage ? builder.usage : nil,
      slots: slots.count, nodesMax: builder.limits.jsonNodes - event.count)
    template.isTextOnly = builder.chunks.count == 1 && builder.fieldCount == 1  // its text is not empty
    var from = 0
    for slot in slots {
      guard slot.range.lowerBound >= from else { return nil }
      try template.add(event.slice(from, slot.range.lowerBound), slot.kind, usageField: slot.usageField)
      from = slot.range.upperBound
    }
    try template.finish(event.slice(from, event.count), lengthMax: builder.lengthMax)
    for span in spans {
      let (first, last) = (slots[span.slots.lowerBound].range, slots[span.slots.upperBound].range)
      try template.keep(
        span.slots, before: first.lowerBound - span.range.lowerBound, after: span.range.upperBound - last.upperBound,
        in: span.target)
    }
    if let list {
      let range = slots[list.slot].range
      template.keep(elements: list.slot, try ListShape.make(text(range)), list.target)
    }
    return template
  }

  private struct Member {
    let key: Bytes
    let value: Range<Int>
  }

  /// The members of the object at `range`; nil: it is not an object, or not one that can be part of a template.
  @inline(never)
  private func members(of range: Range<Int>) -> [Member]? {
    var members = JSONScanner.Members(text(range))
    guard text(range).first == UInt8(ascii: "{") else { return nil }
    var found: [Member] = []
    while let member = members.next() {
      if member.key.firstIndex(of: UInt8(ascii: "\\"), from: 0) != nil || found.count >= 32 { return nil }
      for other in found where other.key.equals(member.key) { return nil }
      let value = range.lowerBound + member.value.lowerBound..<range.lowerBound + member.value.upperBound
      found.append(Member(key: member.key, value: value))
    }
    return found
  }

  private func text(_ range: Range<Int>) -> Bytes { event.slice(range.lowerBound, range.upperBound) }

  private func isString(_ range: Range<Int>) -> Bool { text(range).first == UInt8(ascii: "\"") }

  private func isNull(_ range: Range<Int>) -> Bool { text(range).equals("null") }

  @inline(never)
  private mutating func add(_ range: Range<Int>, _ slot: EventTemplate.Slot, usageField: Int = -1) {
    let isEnclosed = slot != .integer && slot != .number
    let inner = isEnclosed ? range.lowerBound + 1..<range.upperBound - 1 : range
    slots.append(FoundSlot(range: inner, kind: slot, usageField: usageField))
  }

  /// Keeps the value as it is written; its slots are those from `first` on.
  @inline(never)
  private mutating func keep(_ range: Range<Int>, from first: Int, _ target: MergedValue?) {
    if first < slots.count { spans.append(FoundSpan(range: range, slots: first...slots.count - 1, target: target)) }
  }

  private mutating func readEvent() -> Bool {
    let start = JSONScanner.skipBlanks(event, 0)
    guard let members = members(of: start..<event.count) else { return false }
    for member in members where !readEvent(member.key, member.value) { return false }
    return true
  }

  private mutating func readEvent(_ key: Bytes, _ value: Range<Int>) -> Bool {
    if key.equals(Wire.choices) { return readChoices(value) }
    if key.equals(Wire.usage) { return isNull(value) || readUsage(value) }
    if key.equals(Wire.groq) || key.equals(Wire.error) { return isNull(value) }
    if key.equals(Wire.obfuscation) {
      if isString(value) { add(value, .ignored) }
      return isString(value)
    }
    guard !isNull(value), let target = builder.top.member(key), target.varies else { return true }
    // That the id changes is noted where it is parsed.
    if key.equals(Wire.id) && isString(value) && !builder.quirks.contains(.idChanged) { return false }
    return readVarying(value, target)
  }

  /// A member of the event itself, of which the last value counts.
  private mutating func readVarying(_ range: Range<Int>, _ target: MergedValue) -> Bool {
    let first = slots.count
    if isString(range) {
      add(range, .string)
    } else if Text.integer(text(range)) != nil {
      add(range, .integer)
    } else if !readNumbers(range, depth: 0, in: nil) {
      return false
    }
    keep(range, from: first, target)
    return first < slots.count
  }

  private mutating func readUsage(_ range: Range<Int>) -> Bool {
    guard text(range).first == UInt8(ascii: "{"), builder.usage != nil, builder.usageText.bytes.equals(text(range))
    else { return false }
    let first = slots.count
    hasUsage = true
    guard readNumbers(range, depth: 0, in: literal("")) else { return false }
    keep(range, from: first, nil)
    return first < slots.count
  }

  /// Makes slots for the numbers in an object. `parent`: its key in `usage`, which is "" for `usage` itself; nil: it is
  /// not part of `usage`.
  private mutating func readNumbers(_ range: Range<Int>, depth: Int, in parent: Bytes?) -> Bool {
    guard depth < 4, let members = members(of: range) else { return false }
    for member in members {
      guard let first = text(member.value).first else { return false }
      if first == UInt8(ascii: "{") {
        let inner = parent == nil || depth > 0 ? nil : member.key
        if !readNumbers(member.value, depth: depth + 1, in: inner) { return false }
      }
      guard first == UInt8(ascii: "-") || first.isDigit else { continue }
      let field = parent.map { Usage.field(of: member.key, in: $0) } ?? -1
      if field >= 0 && Text.integer(text(member.value)) == nil { return false }
      add(member.value, .number, usageField: field)
    }
    return true
  }

  private mutating func readChoices(_ range: Range<Int>) -> Bool {
    var elements = JSONScanner.Elements(text(range))  // only one: each choice is a chunk
    guard let only = elements.next(), let start = only.baseAddress, let base = event.baseAddress else { return false }
    guard let members = members(of: start - base..<start - base + only.count) else { return false }
    var index: Int64 = 0
    for member in members where member.key.equals(Wire.index) {
      if let given = Text.integer(text(member.value)), given >= 0 { index = given }
    }
    guard let choice = builder.known(at: index) else { return false }
    self.choice = choice
    for member in members where !read(member.key, member.value, of: choice) { return false }
    return true
  }

  private mutating func read(_ key: Bytes, _ value: Range<Int>, of choice: CompletionBuilder.Choice) -> Bool {
    if key.equals(Wire.index) { return true }
    if key.equals(Wire.delta) { return readDelta(value, choice) }
    if key.equals(Wire.finishReason) { return isNull(value) }
    if key.equals(Wire.logprobs), let target = choice.members.member(key), target.form == .object {
      return isNull(value) || readLogprobs(value, target)
    }
    return isSteady(key, value, depth: 0)
  }

  /// The probabilities of the tokens: a list to which each event adds.
  private mutating func readLogprobs(_ range: Range<Int>, _ target: MergedValue) -> Bool {
    guard let members = members(of: range) else { return false }
    for member in members where !isSteady(member.key, member.value, depth: 1) {
      let value = text(member.value)
      guard value.first == UInt8(ascii: "["), self.list == nil, let list = target.member(member.key),
        list.form == .array, let facts = try? JSONScanner.check(value), facts.isGrowing,
        builder.limits.jsonDepth >= 2 * EventTemplate.listDepthMax
      else { return false }
      self.list = (slots.count, list)
      add(member.value, .elements)
    }
    return true
  }

  private mutating func readDelta(_ range: Range<Int>, _ choice: CompletionBuilder.Choice) -> Bool {
    guard let members = members(of: range) else { return false }
    for member in members where !read(member.key, member.value, ofDelta: choice) { return false }
    return true
  }

  private mutating func read(_ key: Bytes, _ value: Range<Int>, ofDelta choice: CompletionBuilder.Choice) -> Bool {
    if key.equals(Wire.toolCalls) { return isNull(value) || readToolCall(value, choice) }
    if text(value).equals("\"\"") { return true }
    guard let kind = Wire.kind(ofText: key), isString(value) else { return isSteady(key, value, depth: 0) }
    return setText(value, kind, choice.message.member(key))
  }

  private mutating func setText(_ range: Range<Int>, _ kind: Chunk.Kind, _ target: MergedValue?) -> Bool {
    guard self.kind == nil, target?.form == .text else { return false }
    self.kind = kind
    self.target = target
    add(range, .text)
    return true
  }

  private mutating func readToolCall(_ range: Range<Int>, _ choice: CompletionBuilder.Choice) -> Bool {
    var elements = JSONScanner.Elements(text(range))
    guard let only = elements.next(), elements.next() == nil, let start = only.baseAddress,
      let base = event.baseAddress, let chunk = builder.chunks.first, chunk.kind == .toolCall,
      let call = choice.call(chunk.toolCall)
    else { return false }
    toolCall = call.number
    guard let members = members(of: start - base..<start - base + only.count) else { return false }
    for member in members where !member.key.equals(Wire.index) && !member.key.equals(Wire.id) {
      if member.key.equals(Wire.function) {
        if !readFunction(member.value, call) { return false }
      } else if !isSteady(member.key, member.value, depth: 0) {
        return false
      }
    }
    return true
  }

  private mutating func readFunction(_ range: Range<Int>, _ call: CompletionBuilder.ToolCall) -> Bool {
    guard let members = members(of: range) else { return false }
    for member in members where !member.key.equals(Wire.name) {
      guard member.key.equals(Wire.arguments), isString(member.value),
        setText(member.value, .toolCall, call.arguments)
      else { return false }
    }
    return true
  }

  /// Whether adding the value again changes nothing: it has no text that grows, and no list.
  @inline(never)
  private func isSteady(_ key: Bytes, _ range: Range<Int>, depth: Int) -> Bool {
    let value = text(range)
    guard let first = value.first, depth < 4 else { return false }
    if first == UInt8(ascii: "\"") { return !Wire.isText(key) }
    if first == UInt8(ascii: "[") { return JSONScanner.skipBlanks(value, 1) == value.count - 1 }
    guard first == UInt8(ascii: "{") else { return true }
    var inner = JSONScanner.Members(value)
    while let member = inner.next() {
      let range = range.lowerBound + member.value.lowerBound..<range.lowerBound + member.value.upperBound
      if member.key.firstIndex(of: UInt8(ascii: "\\"), from: 0) != nil { return false }
      if !isSteady(member.key, range, depth: depth + 1) { return false }
    }
    return true
  }
}
