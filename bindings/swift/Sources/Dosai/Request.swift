import CLibdosai

/// A message of plain text. For any other, see `Request.addMessage(json:)`.
public struct Message: Sendable {
  public let role: String
  public let content: String

  public init(role: String, content: String) { (self.role, self.content) = (role, content) }

  public static func system(_ content: String) -> Message { Message(role: "system", content: content) }
  public static func user(_ content: String) -> Message { Message(role: "user", content: content) }
  public static func assistant(_ content: String) -> Message { Message(role: "assistant", content: content) }
}

/// A chat request: the text of one JSON object, and a value, so that a copy is another request. What throws leaves it as it was.
public struct Request: Sendable, CustomStringConvertible {
  private(set) var handle: Handle

  public init(model: String, _ messages: Message...) throws(DosaiError) {
    handle = try make(dosai_request_free) { out, error in
      model.pass { dosai_request_new($0, $1, out, error) }
    }
    for message in messages { try add(message) }
  }

  /// From its text, which must be a JSON object; nothing else is checked.
  public init(json: String) throws(DosaiError) {
    handle = try make(dosai_request_free) { out, error in
      json.pass { dosai_request_parse($0, $1, out, error) }
    }
  }

  /// The text of the request.
  public var json: String { text { dosai_request_json(handle.pointer, $0) } ?? "" }
  public var description: String { json }

  /// A copy first, where another value has the same.
  private mutating func change(_ work: (OpaquePointer, Out) -> dosai_status) throws(DosaiError) {
    if !isKnownUniquelyReferenced(&handle) {
      let shared = handle
      handle = try make(dosai_request_free) { dosai_request_copy(shared.pointer, $0, $1) }
    }
    try check { work(handle.pointer, $0) }
  }

  public mutating func add(_ message: Message) throws(DosaiError) {
    let role = try message.role.word()
    try change { request, error in
      message.content.pass { dosai_request_add_message(request, role, $0, $1, error) }
    }
  }

  /// A message with content parts, tool calls, or fields of a provider.
  public mutating func addMessage(json: String) throws(DosaiError) {
    try change { request, error in json.pass { dosai_request_add_message_json(request, $0, $1, error) } }
  }

  /// The message of an answer as it is, with its tool calls and unknown fields. Then add their results.
  public mutating func add(_ answer: Completion, choice: Int = 0) throws(DosaiError) {
    try change { dosai_request_add_completion($0, answer.handle.pointer, Int32(clamping: choice), $1) }
  }

  /// A function that the model may call; the parameters are a JSON schema.
  public mutating func addTool(name: String, description: String? = nil, parameters: String? = nil) throws(DosaiError) {
    let name = try name.word()
    let about = try description?.word()
    try change { request, error in
      guard let parameters else { return dosai_request_add_tool(request, name, about, nil, 0, error) }
      return parameters.pass { dosai_request_add_tool(request, name, about, $0, $1, error) }
    }
  }

  public mutating func addToolResult(id: String, _ result: String) throws(DosaiError) {
    let hasNUL = id.utf8.contains(0)  // then it is no C string
    let word = hasNUL ? "" : id
    try change { request, error in result.pass { dosai_request_add_tool_result(request, word, $0, $1, error) } }
    guard hasNUL else { return }
    try change { request, error in id.pass { dosai_request_set_message_text(request, "tool_call_id", $0, $1, error) } }
  }

  /// Makes the model call this function. For "auto", "none" or "required", set "tool_choice".
  public mutating func setToolChoice(_ function: String) throws(DosaiError) {
    let function = try function.word()
    try change { dosai_request_set_tool_choice($0, function, $1) }
  }

  /// The tool_choice of the questions after the first: with a call that is forced, the model could only call again. nil: it
  /// stays.
  var unforcedChoice: String? {
    let (required, auto) = ("\"required\"", "\"auto\"")
    guard let choice = field("tool_choice") else { return nil }
    if choice == required { return auto }
    guard var inner = try? Request(json: choice) else { return nil }
    if inner.field("function") != nil || inner.field("custom") != nil { return auto }
    guard let allowed = inner.field("allowed_tools"), var list = try? Request(json: allowed),
      list.field("mode") == required
    else { return nil }
    let isSet = try? (list.set("mode", json: auto), inner.set("allowed_tools", json: list.json))
    return isSet == nil ? nil : inner.json
  }

  /// The text of a field: what changes once the library has set that field.
  private func field(_ key: String) -> String? {
    var marked = self
    guard (try? marked.set(key, json: "0")) != nil else { return nil }
    let (mine, other) = (Array(json.utf8), Array(marked.json.utf8))
    let length = mine.count + 1 - other.count
    guard length > 0, let at = zip(mine, other).enumerated().first(where: { $1.0 != $1.1 })?.offset else { return nil }
    return String(decoding: mine[at..<(at + length)], as: UTF8.self)
  }

  /// A text at which the model stops.
  public mutating func addStop(_ text: String) throws(DosaiError) {
    try change { request, error in text.pass { dosai_request_add_stop(request, $0, $1, error) } }
  }

  public mutating func set(_ key: String, _ text: String) throws(DosaiError) {
    let key = try key.word()
    try change { request, error in text.pass { dosai_request_set_text(request, key, $0, $1, error) } }
  }

  public mutating func set(_ key: String, _ number: Double) throws(DosaiError) {
    let key = try key.word()
    try change { dosai_request_set_number($0, key, number, $1) }
  }

  public mutating func set(_ key: String, _ integer: Int) throws(DosaiError) {
    let key = try key.word()
    try change { dosai_request_set_integer($0, key, Int64(integer), $1) }
  }

  /// Any field, by its JSON.
  public mutating func set(_ key: String, json: String) throws(DosaiError) {
    let key = try key.word()
    try change { request, error in json.pass { dosai_request_set_json(request, key, $0, $1, error) } }
  }

  /// Asks for an answer of one shape; neither the schema nor the answer is checked.
  public mutating func setJSONSchema(name: String, _ schema: String, strict: Bool = true) throws(DosaiError) {
    let name = try name.word()
    try change { request, error in
      schema.pass { dosai_request_set_json_schema(request, name, $0, $1, strict ? 1 : 0, error) }
    }
  }
}
