/// The values of a whole answer. Their bytes are lent by what they were read from, and NUL-terminated.
package struct Answer {
  package struct ToolCall {
    package let id: Bytes?
    package let name: Bytes?
    package let arguments: Bytes?
  }

  package struct Choice: Numbered {
    package var index: Int32
    var number: Int32 { index }
    /// Its place in the text.
    package var position: Int
    package var role: Bytes?
    package var content: Bytes?
    package var refusal: Bytes?
    package var reasoning: Bytes?
    package var finishWord: Bytes?
    package var toolCalls: [ToolCall] = []
    /// The JSON of its message, where it is known.
    package var message: Bytes?

    init(index: Int32, position: Int) {
      self.index = index
      self.position = position
    }
  }

  // These three of a stream alone: a document has them at hand.
  package var id: Bytes?
  package var object: Bytes?
  package var model: Bytes?
  /// -1: not said.
  package var created: Int64 = -1
  package var usage = Usage()
  package var choices: [Choice] = []
  package var quirks: Quirks = []
  var texts: [Buffer] = []  // that what it was read from does not have in one piece

  package init() {}

  /// PROTOCOL: the choices are not as an answer has them.
  package mutating func read<Value: JSONValue>(_ root: Value, limits: Limits) throws(Failure) {
    readUsage(root)
    if let created = root.integer("created") {
      self.created = max(created, -1)
    } else if let created = root.present("created") {
      quirks.insert(.created)
      self.created = Self.seconds(created.text)
    }
    try readChoices(root.glance("choices"), limits)
    if quirks.contains(.argumentsObject) { try readChoices(root.member("choices"), limits) }  // with their text
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

  private mutating func readUsage<Value: JSONValue>(_ root: Value) {
    if let usage = root.glance("usage"), usage.kind == .object, !usage.isHollow {
      self.usage = Usage(usage)
    } else if let usage = root.glance("x_groq")?.present("usage"), usage.kind == .object, !usage.isHollow {
      self.usage = Usage(usage)
      quirks.insert(.usageElsewhere)
    }
  }

  /// The whole seconds of a time that is written as any number.
  static func seconds(_ text: Bytes) -> Int64 {
    var end = 0
    while end < text.count, text[end].isDigit { end += 1 }
    return Text.integer(text.part(0, end)) ?? -1
  }

  private mutating func add<Value: JSONValue>(_ value: Value, _ limits: Limits) throws(Failure) {
    guard value.kind == .object else { throw Failure(.malformed, "a choice is not an object") }
    var index = Int32(truncatingIfNeeded: choices.count)
    let given = value.glance("index")
    if let given, given.kind != .null, value.integer("index") != -1 {
      guard let said = value.integer("index").flatMap({ Int32(exactly: $0) }), said >= 0 else {
        throw Failure(.malformed, "a choice's index is not a small whole number")
      }
      index = said
    } else {
      quirks.insert(.choiceIndex)
    }
    var choice = Choice(index: index, position: choices.count)
    choice.finishWord = value.string("finish_reason")
    if let word = choice.finishWord, FinishReason(word) == .none || FinishReason(word) == .other {
      quirks.insert(.finishReason)
    }
    if let message = value.present("message"), message.kind == .object {
      choice.role = message.string("role")
      choice.refusal = message.string("refusal")
      choice.reasoning =
        message.string("reasoning_content") ?? message.string("reasoning") ?? message.string("thinking")
      try readContent(of: message, into: &choice)
      try readToolCalls(of: message, into: &choice, limits)
    }
    choices.append(choice)
  }

  private mutating func readContent<Value: JSONValue>(of message: Value, into choice: inout Choice) throws(Failure) {
    choice.content = message.string("content")
    guard choice.content == nil, let parts = message.present("content"), parts.kind == .array else { return }
    quirks.insert(.contentParts)
    let text = Buffer()
    let thinking = Buffer()
    try text.reserve(0)
    try parts.forEachElement { (part: Value) throws(Failure) in
      if let thought = part.present("thinking") {
        if thought.kind == .string { try thinking.append(thought.string) }
        try thought.forEachElement { (piece: Value) throws(Failure) in
          if let words = piece.string("text") { try thinking.append(words) }
        }
      } else if let words = part.kind == .string ? part.string : part.string("text") {
        try text.append(words)
      }
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
    guard let list = message.present("tool_calls"), list.kind == .array else { return }
    var calls: [ToolCall] = []
    try list.forEachElement { (call: Value) throws(Failure) in
      if calls.count >= limits.toolCalls { throw Failure(.tooLarge, "there are more tool calls than max_tool_calls") }
      let function = call.present("function")
      var arguments = function?.string("arguments")
      if arguments == nil, let value = function?.present("arguments") {
        quirks.insert(.argumentsObject)
        let text = try Buffer(copying: value.text)
        texts.append(text)
        arguments = text.bytes
      }
      calls.append(ToolCall(id: call.string("id"), name: function?.string("name"), arguments: arguments))
    }
    choice.toolCalls = calls
  }
}
