/// The names of an answer's fields on the wire, and the rules by which the fields are read. Events of a stream and
/// whole answers differ in what becomes of a field, not in how it is read: what they share is here and nowhere else.
///
/// A whole answer does not go through `CompletionBuilder`, which copies every text and every field that it may have to
/// merge: that takes four times as many instructions for an answer of 1 MB, and as much memory again as its text.
package enum Wire {
  // Of the answer.
  package static var id: StaticString { "id" }
  package static var object: StaticString { "object" }
  package static var created: StaticString { "created" }
  package static var model: StaticString { "model" }
  package static var choices: StaticString { "choices" }
  package static var usage: StaticString { "usage" }
  /// Groq's own object, which has `usage` in it.
  package static var groq: StaticString { "x_groq" }
  /// Random characters with which OpenAI hides the length of an event.
  package static var obfuscation: StaticString { "obfuscation" }
  package static var error: StaticString { "error" }

  // Of a choice.
  package static var index: StaticString { "index" }
  package static var delta: StaticString { "delta" }
  package static var message: StaticString { "message" }
  package static var finishReason: StaticString { "finish_reason" }
  package static var logprobs: StaticString { "logprobs" }

  // Of a message or delta.
  package static var role: StaticString { "role" }
  package static var content: StaticString { "content" }
  package static var refusal: StaticString { "refusal" }
  package static var toolCalls: StaticString { "tool_calls" }
  /// What servers call the reasoning. If a message has several of them, the first in this order counts.
  static var reasoning: [StaticString] { ["reasoning_content", "reasoning", thinking] }

  // Of a part of the content, whose type is "text" or "thinking".
  package static var text: StaticString { "text" }
  package static var thinking: StaticString { "thinking" }

  // Of a tool call.
  package static var function: StaticString { "function" }
  package static var name: StaticString { "name" }
  package static var arguments: StaticString { "arguments" }

  // Of an error.
  package static var detail: StaticString { "detail" }
  package static var code: StaticString { "code" }
  package static var type: StaticString { "type" }
  package static var param: StaticString { "param" }

  /// The names of that length by which whole answers are read.
  private static func allRead(_ length: Int) -> StaticString {
    switch length {
    case 2: "id"
    case 4: "role type text name code"
    case 5: "model usage index error param"
    case 6: "object detail x_groq"
    case 7: "created choices message content refusal"
    case 8: "function thinking"
    case 9: "arguments reasoning"
    case 10: "tool_calls"
    case 12: "total_tokens"
    case 13: "finish_reason prompt_tokens cached_tokens"
    case 16: "reasoning_tokens"
    case 17: "completion_tokens reasoning_content"
    case 21: "prompt_tokens_details"
    case 25: "completion_tokens_details"
    default: ""
    }
  }

  /// Whether a whole answer is read by that name, at any depth. A key with escapes may stand for any name.
  static func isRead(_ key: Bytes) -> Bool {
    let names = allRead(key.count).bytes
    var at = 0
    while at < names.count {
      if names.slice(at, at + key.count).equals(key) { return true }
      at += key.count + 1
    }
    return key.firstIndex(of: UInt8(ascii: "\\"), from: 0) != nil
  }

  /// The numbers of `Usage`, in its order: the object within `usage` that a number is in, or "", and its key.
  static func usage(_ field: Int) -> (object: StaticString, key: StaticString) {
    switch field {
    case 0: ("", "prompt_tokens")
    case 1: ("", "completion_tokens")
    case 2: ("", "total_tokens")
    case 3: ("prompt_tokens_details", "cached_tokens")
    default: ("completion_tokens_details", "reasoning_tokens")
    }
  }

  /// The kind of text that a message or delta has under that key; nil: none.
  @inline(never)
  static func kind(ofText key: Bytes) -> Chunk.Kind? {
    if key.equals(content) { return .content }
    if key.equals(refusal) { return .refusal }
    for name in reasoning where key.equals(name) { return .reasoning }
    return nil
  }

  /// The whole seconds of a time that is written as a number of any form; -1: it is not, or too large.
  static func seconds(_ text: Bytes) -> Int64 {
    let value = Text.integer(text) ?? RetryPolicy.milliseconds(text, scale: 1) ?? -1
    return value == .max ? -1 : max(value, -1)
  }

  /// Whether strings under that key, at any depth, are pieces of one text, or of one recording.
  static func isText(_ key: Bytes) -> Bool {
    kind(ofText: key) != nil || key.equals(arguments) || key.starts(with: "reasoning") || key.equals(text)
      || key.equals("summary") || key.equals("transcript") || key.equals("data") || key.equals("input")
  }
}

/// The rules for reading one field.
extension JSONValue {
  /// The index of a choice or tool call; nil where it is missing, null or -1. PROTOCOL: not a small whole number.
  func index() throws(Failure) -> Int64? {
    guard let given = memberWithoutText(Wire.index), given.kind != .null else { return nil }
    guard let index = integer(Wire.index), index >= -1 else {
      throw Failure(.malformed, "an index is not a small whole number")
    }
    return index == -1 ? nil : index
  }

  /// The time at which the answer was created, in seconds; -1: unknown.
  func created(_ quirks: inout Quirks) -> Int64 {
    if let seconds = integer(Wire.created) { return max(seconds, -1) }
    guard let time = nonNullMember(Wire.created) else { return -1 }
    quirks.insert(.created)
    return Wire.seconds(time.text)
  }

  /// Whether this is a usage that is not empty.
  private var isUsage: Bool { kind == .object && !isEmptyContainer }

  /// The usage of an answer: its own, or else Groq's; nil: it has neither, or both are empty.
  static func usage(_ own: Self?, orOf groq: Self?, _ quirks: inout Quirks) -> Self? {
    if let own, own.isUsage { return own }
    guard let usage = groq?.member(Wire.usage), usage.isUsage else { return nil }
    quirks.insert(.usageElsewhere)
    return usage
  }

  /// The reason that a finish reason's word stands for; nil: this is not a string.
  func finish(_ quirks: inout Quirks) -> FinishReason? {
    guard kind == .string else { return nil }
    let reason = FinishReason(string)
    if reason == .none || reason == .other { quirks.insert(.finishReason) }
    return reason
  }

  /// Visits each tool call of a list; one call alone counts as a list of one.
  func forEachToolCall(_ body: (Self) throws(Failure) -> Void) throws(Failure) {
    if kind == .object && !isEmptyContainer { try body(self) } else { try forEachElement(body) }
  }

  /// Visits each text in content that is a list of parts.
  func forEachPart(_ body: (Chunk.Kind, Bytes) throws(Failure) -> Void) throws(Failure) {
    try forEachElement { (part: Self) throws(Failure) in
      if let thinking = part.nonNullMember(Wire.thinking) {
        if thinking.kind == .string { try body(.reasoning, thinking.string) }
        try thinking.forEachElement { (piece: Self) throws(Failure) in
          if let text = piece.string(Wire.text) { try body(.reasoning, text) }
        }
      } else if let text = part.kind == .string ? part.string : part.string(Wire.text) {
        try body(.content, text)
      }
    }
  }

  /// The text of a tool call's arguments, NUL-terminated: the string, or else the JSON itself, which is copied to
  /// `copies`. nil: null.
  func arguments(_ quirks: inout Quirks, _ copies: inout [Buffer]) throws(Failure) -> Bytes? {
    if kind == .string { return string }
    if kind == .null { return nil }
    quirks.insert(.argumentsObject)
    let copy = try Buffer(copying: text)
    copies.append(copy)
    return copy.bytes
  }
}
