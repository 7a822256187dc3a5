import DosaiCore
import DosaiHTTP
import DosaiJSON

/// Nanoseconds since the call began; -1: not reached.
package struct Timings {
  package var connect: Int64 = -1
  package var firstByte: Int64 = -1
  package var firstToken: Int64 = -1
  package var total: Int64 = -1
  package var reusedConnection = false
}

/// One try at the server.
package struct Attempt {
  package var status: Status
  package var httpStatus: Int32
  /// Waited after it, in milliseconds.
  package var delay: Int64 = 0
}

/// What came with an answer beside its body.
package struct AnswerFacts {
  package var headers: ResponseHeaders
  package var timings: Timings
  package var attempts: [Attempt]
  package var quirks: Quirks
}

/// An immutable answer, whole or assembled from a stream.
package final class Completion {
  package struct ToolCall {
    package let id: Bytes?
    package let name: Bytes?
    package let arguments: Bytes?
  }

  /// A choice; its texts are lent by the completion and NUL-terminated.
  package struct Choice {
    package var index: Int32
    package var role: Bytes?
    package var content: Bytes?
    package var refusal: Bytes?
    package var reasoning: Bytes?
    package var finishWord: Bytes?
    package var toolCalls: [ToolCall] = []
    fileprivate var position: Int
  }

  package let facts: AnswerFacts
  package private(set) var quirks: Quirks
  package private(set) var choices: [Choice] = []
  package private(set) var usage = Usage()
  /// -1: not said.
  package private(set) var created: Int64 = -1
  private let document: Document
  private var texts: [Buffer] = []  // of choices, where the document does not have them in one piece
  private let mutex: Mutex
  private var messageTexts: [(position: Int, text: Buffer)] = []

  /// PROTOCOL: the choices are not as an answer has them.
  package static func make(_ document: Document, _ facts: AnswerFacts, limits: Limits) throws(Failure) -> Completion {
    try Completion(document, facts, limits, try Mutex.make())
  }

  private init(_ document: Document, _ facts: AnswerFacts, _ limits: Limits, _ mutex: Mutex) throws(Failure) {
    self.document = document
    self.mutex = mutex
    self.facts = facts
    quirks = facts.quirks
    if document.isRepaired { quirks.insert(.textRepaired) }
    if document.hasBigNumbers { quirks.insert(.bigNumber) }
    let root = document.root
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

  private func readChoices(_ list: Value?, _ limits: Limits) throws(Failure) {
    guard let list, list.kind == .array else { return }
    choices = []
    texts = []
    try list.forEachElement { (choice: Value) throws(Failure) in
      if choices.count >= limits.choices { throw Failure(.tooLarge, "there are more choices than choices_max") }
      try add(choice, limits)
    }
    choices.order { $0.index }
  }

  package var id: Bytes? { document.root.string("id") }
  package var object: Bytes? { document.root.string("object") }
  package var model: Bytes? { document.root.string("model") }
  package var json: Bytes { document.bytes }

  /// The JSON of a choice's message, without a NUL behind it.
  package func messageText(_ choice: Int) -> Bytes? {
    guard choice >= 0, choice < choices.count else { return nil }
    return document.root.member("choices")?.element(choices[choice].position)?.present("message")?.text
  }

  /// The same, NUL-terminated. Copied when it is first asked for; nil also where there is no memory for that.
  package func message(_ choice: Int) -> Bytes? {
    guard let message = messageText(choice) else { return nil }
    let position = choices[choice].position
    return mutex.locked {
      if let made = messageTexts.first(where: { $0.position == position }) { return made.text.bytes }
      guard let text = try? Buffer(copying: message) else { return nil }
      messageTexts.append((position, text))
      return text.bytes
    }
  }

  private func readUsage(_ root: Value) {
    if let usage = root.glance("usage"), usage.kind == .object, !usage.isHollow {
      self.usage = Usage(usage)
    } else if let usage = root.glance("x_groq")?.present("usage"), usage.kind == .object, !usage.isHollow {
      self.usage = Usage(usage)
      quirks.insert(.usageElsewhere)
    }
  }

  /// The whole seconds of a time that is written as any number.
  private static func seconds(_ text: Bytes) -> Int64 {
    var end = 0
    while end < text.count, text[end].isDigit { end += 1 }
    return Text.integer(text.part(0, end)) ?? -1
  }

  private func add(_ value: Value, _ limits: Limits) throws(Failure) {
    guard value.kind == .object else { throw Failure(.malformed, "a choice is not an object") }
    var index = Int32(truncatingIfNeeded: choices.count)
    if let given = value.integer("index").flatMap({ Int32(exactly: $0) }), given >= 0 {
      index = given
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

  private func readContent(of message: Value, into choice: inout Choice) throws(Failure) {
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

  private func readToolCalls(of message: Value, into choice: inout Choice, _ limits: Limits) throws(Failure) {
    guard let list = message.present("tool_calls"), list.kind == .array else { return }
    var calls: [ToolCall] = []
    try list.forEachElement { (call: Value) throws(Failure) in
      if calls.count >= limits.toolCalls { throw Failure(.tooLarge, "there are more tool calls than tool_calls_max") }
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
