/// Makes a shape of an event that was parsed and added.
struct EventTemplateMaker {
  private struct Found {
    let range: Range<Int>
    let hole: EventTemplate.Slot
    var count = -1
  }

  /// A value of the event that is kept as it is written.
  private struct Kept {
    let range: Range<Int>
    let holes: ClosedRange<Int>
    let target: MergedValue?
  }

  private static let holesMost = 32

  private let event: Bytes
  private let builder: CompletionBuilder
  private var found: [Found] = []
  private var kept: [Kept] = []
  private var kind: Chunk.Kind?
  private var choice: CompletionBuilder.Choice?
  private var toolCall: Int32 = -1
  private var target: MergedValue?
  private var hasUsage = false
  private var list: (hole: Int, target: MergedValue)?

  init(_ event: Bytes, _ builder: CompletionBuilder) {
    self.event = event
    self.builder = builder
  }

  /// nil: the event holds more than one text, or something that must be looked at each time.
  mutating func make() throws(Failure) -> EventTemplate? {
    guard readEvent(), let kind, let choice, let target, found.count <= Self.holesMost else { return nil }
    let shape = try EventTemplate.make(
      kind, choice: choice.index, toolCall: toolCall, text: target, usage: hasUsage ? builder.usage : nil,
      holes: found.count, nodesMost: builder.limits.jsonNodes - event.count)
    var from = 0
    for hole in found {
      guard hole.range.lowerBound >= from else { return nil }
      try shape.add(event.part(from, hole.range.lowerBound), hole.hole, count: hole.count)
      from = hole.range.upperBound
    }
    try shape.finish(event.part(from, event.count))
    for value in kept {
      shape.keep(
        EventTemplate.Span(
          holes: value.holes, before: found[value.holes.lowerBound].range.lowerBound - value.range.lowerBound,
          after: value.range.upperBound - found[value.holes.upperBound].range.upperBound,
          target: value.target.map { Unmanaged.passUnretained($0) }))
    }
    if let list { shape.keep(elements: list.hole, list.target) }
    return shape
  }

  private struct Member {
    let key: Bytes
    let value: Range<Int>
  }

  /// The members of the object at `range`; nil: it is none, or one of which no shape can be made.
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

  private func text(_ range: Range<Int>) -> Bytes { event.part(range.lowerBound, range.upperBound) }

  private func isString(_ range: Range<Int>) -> Bool { text(range).first == UInt8(ascii: "\"") }

  private func isNull(_ range: Range<Int>) -> Bool { text(range).equals("null") }

  @inline(never)
  private mutating func add(_ range: Range<Int>, _ hole: EventTemplate.Slot, count: Int = -1) {
    let isEnclosed = hole != .integer && hole != .number
    let inner = isEnclosed ? range.lowerBound + 1..<range.upperBound - 1 : range
    found.append(Found(range: inner, hole: hole, count: count))
  }

  /// Keeps the value as it is written; its holes are those that were found from `first` on.
  @inline(never)
  private mutating func keep(_ range: Range<Int>, from first: Int, _ target: MergedValue?) {
    if first < found.count { kept.append(Kept(range: range, holes: first...found.count - 1, target: target)) }
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
      if isString(value) { add(value, .string) }
      return isString(value)
    }
    guard !isNull(value), let target = builder.top.member(key), target.varies else { return true }
    return readVarying(value, target)
  }

  /// A value of the event itself, of which the last counts.
  private mutating func readVarying(_ range: Range<Int>, _ target: MergedValue) -> Bool {
    let first = found.count
    if isString(range) {
      add(range, .string)
    } else if Text.integer(text(range)) != nil {
      add(range, .integer)
    } else if !readNumbers(range, depth: 0, in: nil) {
      return false
    }
    keep(range, from: first, target)
    return true
  }

  private mutating func readUsage(_ range: Range<Int>) -> Bool {
    guard text(range).first == UInt8(ascii: "{"), builder.usage != nil, builder.usageText.bytes.equals(text(range))
    else { return false }
    let first = found.count
    hasUsage = true
    guard readNumbers(range, depth: 0, in: literal("")) else { return false }
    keep(range, from: first, nil)
    return first < found.count
  }

  /// Makes holes of the numbers in an object. `place` is where it stands in the usage; nil: it is none.
  private mutating func readNumbers(_ range: Range<Int>, depth: Int, in place: Bytes?) -> Bool {
    guard depth < 4, let members = members(of: range) else { return false }
    for member in members {
      guard let first = text(member.value).first else { return false }
      if first == UInt8(ascii: "{") {
        let inner = place == nil || depth > 0 ? nil : member.key
        if !readNumbers(member.value, depth: depth + 1, in: inner) { return false }
      }
      guard first == UInt8(ascii: "-") || first.isDigit else { continue }
      let count = place.map { Usage.field(of: member.key, in: $0) } ?? -1
      if count >= 0 && Text.integer(text(member.value)) == nil { return false }
      add(member.value, .number, count: count)
    }
    return true
  }

  private mutating func readChoices(_ range: Range<Int>) -> Bool {
    var elements = JSONScanner.Elements(text(range))
    guard let only = elements.next(), elements.next() == nil, let start = only.baseAddress,
      let base = event.baseAddress
    else { return false }
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

  /// What is said of the tokens: a list that grows by each event's.
  private mutating func readLogprobs(_ range: Range<Int>, _ target: MergedValue) -> Bool {
    guard let members = members(of: range) else { return false }
    for member in members where !isSteady(member.key, member.value, depth: 1) {
      let value = text(member.value)
      guard value.first == UInt8(ascii: "["), self.list == nil, let list = target.member(member.key),
        list.form == .array, let facts = try? JSONScanner.check(value), facts.isGrowing,
        builder.limits.jsonDepth >= 2 * EventTemplate.listDepthMost
      else { return false }
      self.list = (found.count, list)
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
      chunk.toolCallID.isEmpty, chunk.toolCallName.isEmpty,
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
        setText(member.value, .toolCall, call.members.member(Wire.function)?.member(Wire.arguments))
      else { return false }
    }
    return true
  }

  /// Whether adding the value again changes nothing: it holds no text that grows, and no list.
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
