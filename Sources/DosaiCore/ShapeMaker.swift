/// Makes a shape of an event that was parsed and added.
struct ShapeMaker {
  private struct Found {
    let range: Range<Int>
    let hole: Shape.Hole
    var count = -1
  }

  /// A value of the event that is kept as it is written.
  private struct Kept {
    let range: Range<Int>
    let holes: ClosedRange<Int>
    let target: Assembled?
  }

  private static let holesMost = 32

  private let event: Bytes
  private let assembler: Assembler
  private var found: [Found] = []
  private var kept: [Kept] = []
  private var kind: Chunk.Kind?
  private var choice: Assembler.Choice?
  private var toolCall: Int32 = -1
  private var target: Assembled?
  private var hasUsage = false
  private var list: (hole: Int, target: Assembled)?

  init(_ event: Bytes, _ assembler: Assembler) {
    self.event = event
    self.assembler = assembler
  }

  /// nil: the event holds more than one text, or something that must be looked at each time.
  mutating func make() throws(Failure) -> Shape? {
    guard readEvent(), let kind, let choice, let target, found.count <= Self.holesMost else { return nil }
    let shape = try Shape.make(
      kind, choice: choice.index, toolCall: toolCall, text: target, usage: hasUsage ? assembler.usage : nil,
      holes: found.count, nodesMost: assembler.limits.jsonNodes - event.count)
    var from = 0
    for hole in found {
      guard hole.range.lowerBound >= from else { return nil }
      try shape.add(event.part(from, hole.range.lowerBound), hole.hole, count: hole.count)
      from = hole.range.upperBound
    }
    try shape.finish(event.part(from, event.count))
    for value in kept {
      shape.keep(
        Shape.Span(
          holes: value.holes, before: found[value.holes.lowerBound].range.lowerBound - value.range.lowerBound,
          after: value.range.upperBound - found[value.holes.upperBound].range.upperBound,
          target: value.target.map { Unmanaged.passUnretained($0) }))
    }
    if let list { shape.keep(elements: list.hole, list.target) }
    return shape
  }

  /// Goes through the members of the object at `range`; `visit` says whether the shape can still be made.
  private mutating func members(
    of range: Range<Int>, _ visit: (inout ShapeMaker, Bytes, Range<Int>) -> Bool
  ) -> Bool {
    var members = JSONScanner.Members(event.part(range.lowerBound, range.upperBound))
    guard range.lowerBound < event.count, event[range.lowerBound] == UInt8(ascii: "{") else { return false }
    var keys: [Bytes] = []
    while let member = members.next() {
      if member.key.firstIndex(of: UInt8(ascii: "\\"), from: 0) != nil || keys.count >= 32 { return false }
      for key in keys where key.equals(member.key) { return false }
      keys.append(member.key)
      let value = range.lowerBound + member.value.lowerBound..<range.lowerBound + member.value.upperBound
      if !visit(&self, member.key, value) { return false }
    }
    return true
  }

  private func text(_ range: Range<Int>) -> Bytes { event.part(range.lowerBound, range.upperBound) }

  private func isString(_ range: Range<Int>) -> Bool { text(range).first == UInt8(ascii: "\"") }

  private func isNull(_ range: Range<Int>) -> Bool { text(range).equals("null") }

  private mutating func add(_ range: Range<Int>, _ hole: Shape.Hole, count: Int = -1) {
    let isEnclosed = hole != .integer && hole != .number
    let inner = isEnclosed ? range.lowerBound + 1..<range.upperBound - 1 : range
    found.append(Found(range: inner, hole: hole, count: count))
  }

  /// Keeps the value as it is written; its holes are those that were found from `first` on.
  private mutating func keep(_ range: Range<Int>, from first: Int, _ target: Assembled?) {
    if first < found.count { kept.append(Kept(range: range, holes: first...found.count - 1, target: target)) }
  }

  private mutating func readEvent() -> Bool {
    let start = JSONScanner.skipBlanks(event, 0)
    return members(of: start..<event.count) { maker, key, value in
      if key.equals("choices") { return maker.readChoices(value) }
      if key.equals("usage") { return maker.isNull(value) || maker.readUsage(value) }
      if key.equals("x_groq") || key.equals("error") { return maker.isNull(value) }
      if key.equals("obfuscation") {
        if maker.isString(value) { maker.add(value, .string) }
        return maker.isString(value)
      }
      guard !maker.isNull(value), let target = maker.assembler.top.member(key), target.varies else { return true }
      return maker.readVarying(value, target)
    }
  }

  /// A value of the event itself, of which the last counts.
  private mutating func readVarying(_ range: Range<Int>, _ target: Assembled) -> Bool {
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
    guard text(range).first == UInt8(ascii: "{"), assembler.usage != nil, assembler.usageText.bytes.equals(text(range))
    else { return false }
    let first = found.count
    hasUsage = true
    guard readNumbers(range, depth: 0, in: literal("")) else { return false }
    keep(range, from: first, nil)
    return first < found.count
  }

  /// Makes holes of the numbers in an object. `place` is where it stands in the usage; nil: it is none.
  private mutating func readNumbers(_ range: Range<Int>, depth: Int, in place: Bytes?) -> Bool {
    guard depth < 4 else { return false }
    return members(of: range) { maker, key, value in
      guard let first = maker.text(value).first else { return false }
      if first == UInt8(ascii: "{") {
        return maker.readNumbers(value, depth: depth + 1, in: place == nil || depth > 0 ? nil : key)
      }
      guard first == UInt8(ascii: "-") || first.isDigit else { return true }
      let count = place.map { Usage.place(of: key, in: $0) } ?? -1
      if count >= 0 && Text.integer(maker.text(value)) == nil { return false }
      maker.add(value, .number, count: count)
      return true
    }
  }

  private mutating func readChoices(_ range: Range<Int>) -> Bool {
    var elements = JSONScanner.Elements(text(range))
    guard let only = elements.next(), elements.next() == nil, let start = only.baseAddress,
      let base = event.baseAddress
    else { return false }
    let value = start - base..<start - base + only.count
    var index: Int64 = 0
    let hasIndex = members(of: value) { maker, key, value in
      if key.equals("index"), let given = Text.integer(maker.text(value)), given >= 0 { index = given }
      return true
    }
    guard hasIndex, let choice = assembler.choices.first(where: { Int64($0.index) == index }) else { return false }
    self.choice = choice
    return members(of: value) { maker, key, value in
      if key.equals("index") { return true }
      if key.equals("delta") { return maker.readDelta(value, choice) }
      if key.equals("finish_reason") { return maker.isNull(value) }
      if key.equals("logprobs"), let target = choice.members.member(key), target.form == .object {
        return maker.isNull(value) || maker.readLogprobs(value, target)
      }
      return maker.isSteady(key, value, depth: 0)
    }
  }

  /// What is said of the tokens: a list that grows by each event's.
  private mutating func readLogprobs(_ range: Range<Int>, _ target: Assembled) -> Bool {
    members(of: range) { maker, key, value in
      if maker.isSteady(key, value, depth: 1) { return true }
      guard maker.text(value).first == UInt8(ascii: "["), maker.list == nil, let list = target.member(key),
        list.form == .array,
        let facts = try? JSONScanner.check(maker.text(value)), facts.isGrowing,
        maker.assembler.limits.jsonDepth >= 2 * Shape.listDepthMost
      else { return false }
      maker.list = (maker.found.count, list)
      maker.add(value, .elements)
      return true
    }
  }

  private mutating func readDelta(_ range: Range<Int>, _ choice: Assembler.Choice) -> Bool {
    members(of: range) { maker, key, value in
      if key.equals("tool_calls") { return maker.isNull(value) || maker.readToolCall(value, choice) }
      let kind: Chunk.Kind? =
        key.equals("content")
        ? .content
        : key.equals("refusal")
          ? .refusal
          : key.equals("reasoning_content") || key.equals("reasoning") || key.equals("thinking") ? .reasoning : nil
      if maker.text(value).equals("\"\"") { return true }
      guard let kind, maker.isString(value) else { return maker.isSteady(key, value, depth: 0) }
      return maker.setText(value, kind, choice.message.member(key))
    }
  }

  private mutating func setText(_ range: Range<Int>, _ kind: Chunk.Kind, _ target: Assembled?) -> Bool {
    guard self.kind == nil, target?.form == .text else { return false }
    self.kind = kind
    self.target = target
    add(range, .text)
    return true
  }

  private mutating func readToolCall(_ range: Range<Int>, _ choice: Assembler.Choice) -> Bool {
    var elements = JSONScanner.Elements(text(range))
    guard let only = elements.next(), elements.next() == nil, let start = only.baseAddress,
      let base = event.baseAddress, let chunk = assembler.chunks.first, chunk.kind == .toolCall,
      chunk.toolCallID.isEmpty, chunk.toolCallName.isEmpty,
      let call = choice.toolCalls.first(where: { $0.number == chunk.toolCall })
    else { return false }
    toolCall = call.number
    return members(of: start - base..<start - base + only.count) { maker, key, value in
      if key.equals("index") || key.equals("id") { return true }
      guard key.equals("function") else { return maker.isSteady(key, value, depth: 0) }
      return maker.members(of: value) { maker, key, value in
        if key.equals("name") { return true }
        guard key.equals("arguments"), maker.isString(value) else { return false }
        return maker.setText(value, .toolCall, call.members.member("function")?.member("arguments"))
      }
    }
  }

  /// Whether adding the value again changes nothing: it holds no text that grows, and no list.
  private func isSteady(_ key: Bytes, _ range: Range<Int>, depth: Int) -> Bool {
    let value = text(range)
    guard let first = value.first, depth < 4 else { return false }
    if first == UInt8(ascii: "\"") { return !Merger.isText(key) }
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
