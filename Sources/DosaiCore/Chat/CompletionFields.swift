/// The fields of a completion. Their bytes are borrowed from what they were read from, and NUL-terminated.
package struct CompletionFields {
  package struct ToolCall {
    package let id: Bytes?
    package let name: Bytes?
    package let arguments: Bytes?
  }

  package struct Choice: Numbered {
    package var index: Int32
    var number: Int32 { index }
    /// Its position in the text.
    package var position: Int
    package var role: Bytes?
    package var content: Bytes?
    package var refusal: Bytes?
    package var reasoning: Bytes?
    package var finishWord: Bytes?
    package var toolCalls: [ToolCall] = []
    /// The JSON of its message; nil: it was not looked for.
    package var message: Bytes?

    init(index: Int32, position: Int) {
      self.index = index
      self.position = position
    }

    /// Reads the texts of its message. `text` finds the string of that name; nil: there is none.
    mutating func readTexts(_ text: (StaticString) throws(Failure) -> Bytes?) throws(Failure) {
      role = try text(Wire.role)
      content = try text(Wire.content)
      refusal = try text(Wire.refusal)
      for name in Wire.reasoning where reasoning == nil { reasoning = try text(name) }
    }
  }

  package var id: Bytes?
  package var object: Bytes?
  package var model: Bytes?
  /// -1: unknown.
  package var created: Int64 = -1
  package var usage = Usage()
  package var choices: [Choice] = []
  package var quirks: Quirks = []
  var texts: [Buffer] = []  // texts that had to be put together or copied

  package init() {}

  /// Reads a whole answer. PROTOCOL: its choices are malformed.
  package mutating func read<Value: JSONValue>(_ root: Value, limits: Limits) throws(Failure) {
    id = root.string(Wire.id)
    object = root.string(Wire.object)
    model = root.string(Wire.model)
    created = root.created(&quirks)
    let usage = Value.usage(root.memberWithoutText(Wire.usage), orOf: root.memberWithoutText(Wire.groq), &quirks)
    if let usage { self.usage = Usage(usage) }
    try readChoices(root.memberWithoutText(Wire.choices), limits)
    if quirks.contains(.argumentsObject) { try readChoices(root.member(Wire.choices), limits) }  // with their text
  }

  private mutating func readChoices<Value: JSONValue>(_ list: Value?, _ limits: Limits) throws(Failure) {
    guard let list, list.kind == .array else { return }
    choices = []
    texts = []
    try list.forEachElement { (choice: Value) throws(Failure) in
      if choices.count >= limits.choices { throw Failure(.tooLarge, "there are more choices than max_choices") }
      try add(choice, limits)
    }
    choices = choices.ordered()
  }

  private mutating func add<Value: JSONValue>(_ value: Value, _ limits: Limits) throws(Failure) {
    guard value.kind == .object else { throw Failure(.malformed, "a choice is not an object") }
    var index = Int32(truncatingIfNeeded: choices.count)
    if let given = try value.index() {
      guard let small = Int32(exactly: given) else {
        throw Failure(.malformed, "a choice's index is not a small whole number")
      }
      index = small
    } else {
      quirks.insert(.choiceIndex)
    }
    var choice = Choice(index: index, position: choices.count)
    if let word = value.memberWithoutText(Wire.finishReason), word.finish(&quirks) != nil {
      choice.finishWord = word.string
    }
    if let message = value.nonNullMember(Wire.message), message.kind == .object {
      try choice.readTexts { (name: StaticString) throws(Failure) in message.string(name) }
      try readContent(of: message, into: &choice)
      try readToolCalls(of: message, into: &choice, limits)
    }
    choices.append(choice)
  }

  private mutating func readContent<Value: JSONValue>(of message: Value, into choice: inout Choice) throws(Failure) {
    guard choice.content == nil, let parts = message.nonNullMember(Wire.content), parts.kind == .array else { return }
    quirks.insert(.contentParts)
    let text = Buffer()
    let thinking = Buffer()
    try text.reserve(0)
    try parts.forEachPart { (kind: Chunk.Kind, words: Bytes) throws(Failure) in
      try (kind == .reasoning ? thinking : text).append(words)
    }
    texts.append(text)
    choice.content = text.bytes
    if choice.reasoning == nil && !thinking.isEmpty {
      texts.append(thinking)
      choice.reasoning = thinking.bytes
    }
  }

  private mutating func readToolCalls<Value: JSONValue>(of message: Value, into choice: inout Choice, _ limits: Limits)
    throws(Failure)
  {
    guard let list = message.nonNullMember(Wire.toolCalls) else { return }
    if list.kind == .object { quirks.insert(.toolIndex) }
    var calls: [ToolCall] = []
    try list.forEachToolCall { (call: Value) throws(Failure) in
      if calls.count >= limits.toolCalls { throw Failure(.tooLarge, "there are more tool calls than max_tool_calls") }
      let function = call.nonNullMember(Wire.function)
      let arguments = try function?.member(Wire.arguments)?.arguments(&quirks, &texts)
      calls.append(ToolCall(id: call.string(Wire.id), name: function?.string(Wire.name), arguments: arguments))
    }
    choice.toolCalls = calls
  }
}
