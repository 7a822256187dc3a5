/// The shapes of a stream's events, by which most are read without being parsed.
final class ShapeCache {
  private static let shapesMost = 8

  private let shapes = UnsafeMutablePointer<Unmanaged<Shape>>.allocate(capacity: ShapeCache.shapesMost)
  private var count = 0
  private var last = 0  // the place of the shape that was found or made last
  private var oldest = 0

  deinit {
    removeAll()
    shapes.deallocate()
  }

  /// The shape of the event that `text` begins with, and the event's length; nil: none is known, or it has not come whole.
  @inline(__always)
  func find(_ text: Bytes) -> (shape: Unmanaged<Shape>, length: Int)? {
    if count == 0 { return nil }
    // Events of one choice follow each other, those of several take turns.
    let next = shapes[last]._withUnsafeGuaranteedRef { $0.follower }
    let length = shapes[next]._withUnsafeGuaranteedRef { $0.match(text) }
    if length < 0 { return search(text) }
    last = next
    return (shapes[next], length)
  }

  @inline(never)
  private func search(_ text: Bytes) -> (shape: Unmanaged<Shape>, length: Int)? {
    for i in 0..<count {
      let length = shapes[i]._withUnsafeGuaranteedRef { $0.match(text) }
      if length < 0 { continue }
      shapes[last]._withUnsafeGuaranteedRef { $0.follower = i }
      last = i
      return (shapes[i], length)
    }
    return nil
  }

  func removeAll() {
    for i in 0..<count { shapes[i].release() }
    count = 0
    last = 0
    oldest = 0
  }

  func add(_ shape: Shape) {
    let before = last
    if count < Self.shapesMost {
      last = count
      count += 1
    } else {
      last = oldest
      shapes[oldest].release()
      oldest = (oldest + 1) % Self.shapesMost
    }
    shapes[last] = Unmanaged.passRetained(shape)
    shape.follower = last
    shapes[before]._withUnsafeGuaranteedRef { $0.follower = last }
  }
}

/// Makes a shape of an event that was parsed and added.
struct ShapeMaker {
  private struct Found {
    let range: Range<Int>
    let hole: Shape.Hole
    let target: Assembled?
  }

  private let event: Bytes
  private let assembler: Assembler
  private var found: [Found] = []
  private var kind: Chunk.Kind?
  private var choice: Assembler.Choice?
  private var toolCall: Int32 = -1

  init(_ event: Bytes, _ assembler: Assembler) {
    self.event = event
    self.assembler = assembler
  }

  /// nil: the event holds more than one text, or something that must be looked at each time.
  mutating func make() throws(Failure) -> Shape? {
    guard readEvent(), let kind, let choice else { return nil }
    let shape = try Shape.make(kind, choice: choice.index, toolCall: toolCall)
    var from = 0
    for hole in found {
      guard hole.range.lowerBound >= from else { return nil }
      guard try shape.add(event.part(from, hole.range.lowerBound), hole.hole, hole.target) else { return nil }
      from = hole.range.upperBound
    }
    try shape.finish(event.part(from, event.count))
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

  private mutating func add(_ range: Range<Int>, _ hole: Shape.Hole, _ target: Assembled?) {
    let isQuoted = hole != .integer
    let inner = isQuoted ? range.lowerBound + 1..<range.upperBound - 1 : range
    found.append(Found(range: inner, hole: hole, target: target))
  }

  private mutating func readEvent() -> Bool {
    let start = JSONScanner.skipBlanks(event, 0)
    return members(of: start..<event.count) { maker, key, value in
      if key.equals("choices") { return maker.readChoices(value) }
      if key.equals("usage") || key.equals("x_groq") || key.equals("error") { return maker.isNull(value) }
      if key.equals("obfuscation") {
        if maker.isString(value) { maker.add(value, .padding, nil) }
        return maker.isString(value)
      }
      guard !maker.isNull(value), let target = maker.assembler.top.member(key), target.varies else { return true }
      if maker.isString(value) {
        maker.add(value, .string, target)
        return true
      }
      maker.add(value, .integer, target)
      return Text.integer(maker.text(value)) != nil
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
      return maker.isSteady(key, value, depth: 0)
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
    add(range, .text, target)
    return true
  }

  private mutating func readToolCall(_ range: Range<Int>, _ choice: Assembler.Choice) -> Bool {
    var elements = JSONScanner.Elements(text(range))
    guard let only = elements.next(), elements.next() == nil, let start = only.baseAddress,
      let base = event.baseAddress, let chunk = assembler.chunks.last, chunk.kind == .toolCall,
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
