/// Reads the events of a stream: each gives chunks, and together they add up to one completion.
package final class CompletionBuilder {
  final class ToolCall: Numbered {
    /// Its number among the calls of its choice, and its position in `toolCalls`.
    let number: Int32
    let position: Int
    /// The index that the server sent.
    let index: Int64?
    /// The event that started it.
    let event: Int
    /// Whether a chunk of it from that event was read.
    var isRead = false
    let id = Buffer()
    let name = Buffer()
    let members = MergedValue(.object)
    var arguments: MergedValue? {
      @inline(never) get { members.member(Wire.function)?.member(Wire.arguments) }
    }

    init(number: Int32, index: Int64?, position: Int, event: Int) {
      self.number = number
      self.index = index
      self.position = position
      self.event = event
    }
  }

  final class Choice: Numbered {
    let index: Int32
    var number: Int32 { index }
    let message = MergedValue(.object)
    let members = MergedValue(.object)
    let event: Int
    var isRead = false
    var toolCalls: [ToolCall] = []
    let toolCallIndex = NameIndex()
    /// Larger than any number of its calls.
    var numbersEnd: Int32 = 0
    var finishWord: Buffer?
    /// Its value before the event that last changed it.
    var finishBefore: Buffer?
    var finished = 0
    /// The word of the last chunk that was read, while only such chunks are written.
    var readFinishReason: Bytes?
    /// The range in which its message was written.
    var written = 0..<0

    init(index: Int32, event: Int) {
      self.index = index
      self.event = event
    }
  }

  let limits: Limits
  /// The most bytes that an event may have, with its blank line.
  let lengthMax: Int
  /// The key, which must not appear in an answer.
  let secret: SoughtSecret
  var merger: Merger
  let top = MergedValue(.object)
  private(set) var usageText = Buffer()
  /// The usage before the last event that had any.
  private(set) var spareUsage = Buffer()
  /// In the order of their arrival.
  private(set) var choices: [Choice] = []
  private let choiceIndex = NameIndex()
  var toolCallCount = 0
  var events = 0
  /// Whether only chunks that were read are being written.
  var isPartial = false
  var isUsageRead = true
  let firstID = Buffer()
  let templates = EventTemplateCache()
  /// Why an event that matched a template could not be added.
  var failure: Failure?
  /// Texts of the last event's chunks that its document does not own.
  package internal(set) var scratch: [Buffer] = []

  /// How many fields the last event's deltas have that are neither null nor a role.
  var fieldCount = 0
  /// The chunks of the last event, borrowed from it.
  package var chunks: [Chunk] = []
  package internal(set) var usage: Usage?
  package var quirks: Quirks = []
  /// Whether any event was added.
  package private(set) var hasStarted = false

  /// `secret`: the key, or nothing if it is too short to be a secret.
  package init(limits: Limits, avoiding secret: Bytes = .empty) {
    self.limits = limits
    lengthMax = limits.eventBytes.addingReportingOverflow(2).overflow ? .max : limits.eventBytes &+ 2
    self.secret = SoughtSecret(secret)
    merger = Merger(limits)
  }

  /// Whether the server sent at least one choice, and a finish reason for each.
  package var isFinished: Bool {
    if choices.isEmpty { return false }
    for choice in choices where choice.finishWord == nil { return false }
    return true
  }

  /// Adds an event and makes `chunks` from it. `isAnswer`: it is not an event but a whole answer. PROTOCOL: it is not a
  /// chunk of a completion. TOO_LARGE: it is beyond a limit.
  package func add<Value: JSONValue>(_ event: Value, isAnswer: Bool) throws(Failure) {
    let changes = merger.changes
    let calls = toolCallCount
    defer {
      // A value that is constant in the templates has changed.
      if merger.changes != changes || toolCallCount != calls { templates.removeAll() }
    }
    fieldCount = 0
    chunks.removeAll(keepingCapacity: true)
    scratch.removeAll(keepingCapacity: true)
    guard event.kind == .object else { throw Failure(.malformed, "an event is not a JSON object") }
    hasStarted = true
    events += 1
    merger.begin()
    noteQuirks(event)
    if let list = event.nonNullMember(Wire.choices) {
      try check(choices: event.memberWithoutText(Wire.choices) ?? list)
      var position: Int64 = 0
      try list.forEachElement { (choice: Value) throws(Failure) in
        try add(choice: choice, at: position, isAnswer: isAnswer)
        position += 1
      }
    } else {
      quirks.insert(.choicesMissing)
    }
    try event.forEachMember { (key: Bytes, value: Value) throws(Failure) in
      if value.kind == .null || key.equals(Wire.choices) || key.equals(Wire.usage) || key.equals(Wire.obfuscation) {
        return
      }
      if isBlank(value, key), top.member(key) != nil { return }
      try merger.replace(value, in: top, key, mayVary: true)
    }
    try addUsage(event)
    if chunks.isEmpty { chunks.append(Chunk(.other)) }
    if chunks.count == 1 && fieldCount == 1 && chunks[0].kind != .finish {
      chunks[0].isTextOnly = chunks[0].text?.isEmpty == false
    }
  }

  /// Azure's last events come with an empty id, object and model, and created 0.
  private func isBlank<Value: JSONValue>(_ value: Value, _ key: Bytes) -> Bool {
    value.text.equals("\"\"") || (key.equals(Wire.created) && value.text.equals("0"))
  }

  func noteQuirks<Value: JSONValue>(_ event: Value) {
    _ = event.created(&quirks)
    guard let id = event.string(Wire.id), !id.isEmpty else { return }
    if firstID.isEmpty {
      try? firstID.append(id.slice(0, 256))
    } else if !firstID.bytes.equals(id.slice(0, 256)) {
      quirks.insert(.idChanged)
    }
  }

  /// Makes what was written to `spareUsage` the usage.
  @inline(__always)
  func turnUsage() {
    let before = usageText
    usageText = spareUsage
    spareUsage = before
  }

  func addUsage<Value: JSONValue>(_ event: Value) throws(Failure) {
    let found = Value.usage(event.member(Wire.usage), orOf: event.member(Wire.groq), &quirks)
    guard let found else { return }
    if usage != nil { quirks.insert(.usageRepeated) }
    try merger.set(spareUsage, found.text)
    usage = Usage(found)
    turnUsage()
    chunks.append(Chunk(.usage))
  }

  // MARK: a choice

  /// Refuses an event that cannot be added, before any part of it is. PROTOCOL, TOO_LARGE.
  private func check<Value: JSONValue>(choices: Value) throws(Failure) {
    guard choices.kind == .array else { throw Failure(.malformed, "choices is not a list") }
    var position: Int64 = 0
    try choices.forEachElement { (value: Value) throws(Failure) in
      try merger.step()
      guard value.kind == .object else { throw Failure(.malformed, "a choice is not an object") }
      let given = try value.index()
      let index = given ?? position
      position += 1
      guard given == nil || index < min(Int64(max(128, limits.choices)), 1 << 31) else {
        throw Failure(.malformed, "a choice's index is beyond any choice")
      }
      guard index < limits.choices else { throw Failure(.tooLarge, "there are more choices than max_choices") }
      guard let delta = value.nonNullMember(Wire.delta) ?? value.nonNullMember(Wire.message) else { return }
      guard delta.kind == .object else { throw Failure(.malformed, "a delta is not an object") }
      if let content = delta.nonNullMember(Wire.content), content.kind != .string, content.kind != .array {
        throw Failure(.malformed, "content is not text")
      }
      var calls = Int64(known(at: index)?.toolCalls.count ?? 0)
      try delta.nonNullMember(Wire.toolCalls)?.forEachToolCall { (call: Value) throws(Failure) in
        guard call.kind == .object else { throw Failure(.malformed, "a tool call is not an object") }
        if let index = try call.index(), index >= calls + 128 {
          throw Failure(.malformed, "a tool call's index is far beyond the calls before it")
        }
        calls += 1
      }
    }
  }

  /// `position`: in the event. It is the index of a choice that has none.
  private func add<Value: JSONValue>(choice value: Value, at position: Int64, isAnswer: Bool) throws(Failure) {
    let choice = try choice(of: value, at: position)
    let before = chunks.count
    let delta = value.nonNullMember(Wire.delta)
    let isWhole = delta == nil
    if delta == nil && !isAnswer { quirks.insert(.deltaMissing) }
    if let delta = delta ?? value.nonNullMember(Wire.message) {
      try add(delta: delta, to: choice, isWhole: isWhole)
    }
    try value.forEachMember { (key: Bytes, member: Value) throws(Failure) in
      if key.equals(Wire.index) || key.equals(Wire.delta) || key.equals(Wire.message) { return }
      if key.equals(Wire.finishReason) { return try finish(choice, member) }
      try merger.merge(member, into: choice.members, key)
    }
    if chunks.count == before { chunks.append(Chunk(.other, choice: choice.index)) }
  }

  @inline(never)
  func known(at index: Int64) -> Choice? {
    guard let position = choiceIndex.find(choiceIndex.hash(.empty, index)), choices[position].index == index else {
      return nil
    }
    return choices[position]
  }

  private func choice<Value: JSONValue>(of value: Value, at position: Int64) throws(Failure) -> Choice {
    var index = position
    if let given = try value.index() { index = given } else { quirks.insert(.choiceIndex) }
    if let known = known(at: index) { return known }
    guard let index = Int32(exactly: index) else { throw .internalError }
    let made = Choice(index: index, event: events)
    try choiceIndex.set(choiceIndex.hash(.empty, Int64(index)), choices.count)
    choices.append(made)
    return made
  }

  func finish<Value: JSONValue>(_ choice: Choice, _ value: Value) throws(Failure) {
    guard let reason = value.finish(&quirks) else { return }
    let word = value.string
    if choice.finishWord != nil { quirks.insert(.finishReason) }
    if reason == .none || choice.finishWord?.bytes.equals(word) == true { return }
    try merger.use(word.count)
    if choice.finished != events { choice.finishBefore = choice.finishWord }
    choice.finished = events
    choice.finishWord = try Buffer(copying: word)
    var chunk = Chunk(.finish, choice: choice.index, text: word)
    chunk.finishReason = reason
    chunks.append(chunk)
  }
}
