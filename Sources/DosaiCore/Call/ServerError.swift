/// A server's description of an error, in any of the common forms.
package struct ServerError {
  package private(set) var message: Buffer?
  package private(set) var code: Buffer?
  package private(set) var type: Buffer?
  package private(set) var param: Buffer?

  private static let fieldBytesMax = 1024
  private static let lineBytesMax = 2048

  package init() {}

  /// `{"error": {...}}`, `{"error": "text"}`, a list of one of them, `{"message": ...}`, `{"detail": ...}`, or a text.
  package init<Value: JSONValue>(_ body: Value) throws(Failure) {
    var body = body
    if body.kind == .array {
      var first: Value?
      try body.forEachElement { (element: Value) throws(Failure) in if first == nil { first = element } }
      if let first { body = first }
    }
    switch body.kind {
    case .string: message = try Self.line(body.string)
    case .object:
      let error = Self.error(of: body)
      if let error, error.kind == .object {
        try read(error)
        if message == nil, let text = body.string(Wire.message) { message = try Self.line(text) }
      } else if error == nil, let choices = body.nonNullMember(Wire.choices), let choice = Self.failedChoice(choices) {
        if let error = choice.nonNullMember(Wire.error) { try read(error) }
      } else {
        try read(body)
        if message == nil, let error, error.kind == .string { message = try Self.line(error.string) }
      }
    default: break
    }
  }

  /// Whether a body reports an error although its HTTP status is a success. `isChat`: else it is another endpoint's.
  package static func isError<Value: JSONValue>(_ body: Value, isChat: Bool) -> Bool {
    var found = reportsError(body, isChat)
    guard isChat else { return found }
    try? body.forEachElement { (element: Value) throws(Failure) in if reportsError(element, true) { found = true } }
    return found
  }

  @inline(never)
  private static func reportsError<Value: JSONValue>(_ body: Value, _ isChat: Bool) -> Bool {
    let object = body.string(Wire.object) ?? .empty
    // What has another object, such as a job, may say that this has failed.
    if !isChat && !object.isEmpty { return object.equals("error") }
    if let error = error(of: body) {
      if error.kind == .string { return !error.string.isEmpty }
      let said = error.nonNullMember(Wire.message) ?? error.nonNullMember(Wire.code) ?? error.nonNullMember(Wire.type)
      return error.kind == .object && (isChat || said != nil)
    }
    if !isChat { return false }
    if let choices = body.memberWithoutText(Wire.choices), choices.kind != .null { return failedChoice(choices) != nil }
    // FastAPI, Mistral, vLLM's flat form, and that of others.
    if object.equals("error") || body.nonNullMember(Wire.detail) != nil { return true }
    guard let message = body.memberWithoutText(Wire.message) else { return false }
    if message.kind == .object { return true }
    return message.kind == .string && !message.string.isEmpty && body.nonNullMember(Wire.usage) == nil
      && (body.nonNullMember(Wire.code) != nil || body.string(Wire.type)?.equals("error") == true)
  }

  /// The error that a body reports; in a stream, Groq has it in an object of its own.
  @inline(never)
  private static func error<Value: JSONValue>(of body: Value) -> Value? {
    body.nonNullMember(Wire.error) ?? body.nonNullMember(Wire.groq)?.nonNullMember(Wire.error)
  }

  /// A choice that ended in an error, in the form that OpenRouter uses.
  private static func failedChoice<Value: JSONValue>(_ choices: Value) -> Value? {
    var found: Value?
    try? choices.forEachElement { (choice: Value) throws(Failure) in
      if choice.nonNullMember(Wire.error)?.kind == .object || choice.string(Wire.finishReason)?.equals("error") == true
      {
        found = choice
      }
    }
    return found
  }

  package func redact(_ secret: Secret?) {
    for text in [message, code, type, param] { if let text { secret?.redact(text, isAnswer: false) } }
  }

  private mutating func read<Value: JSONValue>(_ object: Value) throws(Failure) {
    for key in [Wire.message, Wire.detail] where message == nil {
      guard let value = object.nonNullMember(key) else { continue }
      message = try Self.line(value.kind == .string ? value.string : value.text)
    }
    code = try Self.text(object.nonNullMember(Wire.code))
    type = try Self.text(object.nonNullMember(Wire.type))
    param = try Self.text(object.nonNullMember(Wire.param))
  }

  private static func text<Value: JSONValue>(_ value: Value?) throws(Failure) -> Buffer? {
    guard let value else { return nil }
    let cut = Buffer()  // the cut may be inside a character
    try Text.appendRepaired((value.kind == .string ? value.string : value.text).slice(0, fieldBytesMax), to: cut)
    return cut
  }

  /// The text as one line of at most 2 KiB, without control characters, which a terminal could take for commands.
  package static func line(_ text: Bytes) throws(Failure) -> Buffer {
    let cut = Buffer()
    try Text.appendRepaired(text.trimmed.slice(0, lineBytesMax), to: cut)
    for i in 0..<cut.count where cut.bytes[i] < 0x20 || cut.bytes[i] == 0x7F { cut.mutable[i] = 0x20 }
    for i in 1..<max(cut.count, 1) where cut.bytes[i - 1] == 0xC2 && cut.bytes[i] < 0xA0 {  // U+0080 to U+009F
      cut.mutable[i - 1] = 0x20
      cut.mutable[i] = 0x20
    }
    return cut
  }
}
