/// A request as the text of one JSON object. It is changed by splicing, so that all else stays byte for byte.
package final class RequestText {
  private struct Member {
    let start: Int  // of the key's quote
    let key: Range<Int>
    let value: Range<Int>
  }

  private let buffer: Buffer

  /// An object with this model.
  package init(model: Bytes) throws(Failure) {
    buffer = Buffer()
    guard !model.isEmpty else { throw .invalid("model: must not be empty") }
    try Self.checkText(model, "model: is not UTF-8")
    try buffer.append("{\"model\":")
    try Text.appendQuoted(model, to: buffer)
    try buffer.append(",\"messages\":[]}")
  }

  /// Any JSON object, kept as it is.
  package init(json: Bytes) throws(Failure) {
    try Self.checkJSON(json)
    let text = json.trimmed
    guard text.first == UInt8(ascii: "{") else { throw .invalid("json: must be an object") }
    buffer = try Buffer(copying: json)
  }

  package init(copying other: RequestText) throws(Failure) { buffer = try Buffer(copying: other.buffer.bytes) }

  package var bytes: Bytes { buffer.bytes }

  // MARK: fields

  package func set(_ key: Bytes, json: Bytes) throws(Failure) {
    try Self.checkKey(key)
    try Self.checkJSON(json)
    try replace(key, json.trimmed)
  }

  package func set(_ key: Bytes, text: Bytes) throws(Failure) {
    try Self.checkKey(key)
    try Self.checkText(text, "text: is not UTF-8")
    try RequestRules.check(key, .text)
    let value = Buffer()
    try Text.appendQuoted(text, to: value)
    try replace(key, value.bytes)
  }

  package func set(_ key: Bytes, number: Double) throws(Failure) {
    try Self.checkKey(key)
    guard number.isFinite else { throw .invalid(key, "must be a finite number") }
    try RequestRules.check(key, .number(number))
    // Not printf, which writes the comma of the host's locale.
    let value = Buffer()
    for byte in number.description.utf8 { try value.append(byte) }
    if value.bytes.part(value.count - 2, value.count).equals(".0") { value.truncate(to: value.count - 2) }
    try replace(key, value.bytes)
  }

  package func set(_ key: Bytes, integer: Int64) throws(Failure) {
    try Self.checkKey(key)
    try RequestRules.check(key, .integer(integer))
    let value = Buffer()
    try value.append(decimal: integer)
    try replace(key, value.bytes)
  }

  package func setToolChoice(function name: Bytes) throws(Failure) {
    try Self.checkName(name, "function_name: must not be empty", "function_name: is not UTF-8")
    let value = Buffer()
    try value.append("{\"type\":\"function\",\"function\":{\"name\":")
    try Text.appendQuoted(name, to: value)
    try value.append("}}")
    try replace(literal("tool_choice"), value.bytes)
  }

  package func addStop(_ text: Bytes) throws(Failure) {
    try Self.checkText(text, "text: is not UTF-8")
    let value = Buffer()
    if let member = find(literal("stop")), buffer.bytes[member.value.lowerBound] == UInt8(ascii: "\"") {
      // One text becomes the first of a list.
      try value.append("[")
      try value.append(buffer.bytes.part(member.value.lowerBound, member.value.upperBound))
      try value.append("]")
      if 1 >= RequestRules.stopsMost { throw .invalid("stop: there can be 4 texts at most") }
      try replace(literal("stop"), value.bytes)
      value.removeAll()
    } else if let member = find(literal("stop")) {
      var elements = JSONScanner.Elements(buffer.bytes.part(member.value.lowerBound, member.value.upperBound))
      var count = 0
      while elements.next() != nil { count += 1 }
      guard count < RequestRules.stopsMost else { throw .invalid("stop: there can be 4 texts at most") }
    }
    try Text.appendQuoted(text, to: value)
    try append(to: "stop", value.bytes)
  }

  // MARK: messages and tools

  package func addMessage(role: Bytes, content: Bytes) throws(Failure) {
    try Self.checkName(role, "role: must not be empty", "role: is not UTF-8")
    try Self.checkText(content, "content: is not UTF-8")
    let value = Buffer()
    try value.append("{\"role\":")
    try Text.appendQuoted(role, to: value)
    try value.append(",\"content\":")
    try Text.appendQuoted(content, to: value)
    try value.append("}")
    try append(to: "messages", value.bytes)
  }

  package func addMessage(json: Bytes) throws(Failure) {
    try Self.checkJSON(json)
    guard json.trimmed.first == UInt8(ascii: "{") else { throw .invalid("json: a message must be an object") }
    try append(to: "messages", json.trimmed)
  }

  package func addToolResult(id: Bytes, content: Bytes) throws(Failure) {
    try Self.checkName(id, "tool_call_id: must not be empty", "tool_call_id: is not UTF-8")
    try Self.checkText(content, "content: is not UTF-8")
    let value = Buffer()
    try value.append("{\"role\":\"tool\",\"tool_call_id\":")
    try Text.appendQuoted(id, to: value)
    try value.append(",\"content\":")
    try Text.appendQuoted(content, to: value)
    try value.append("}")
    try append(to: "messages", value.bytes)
  }

  package func setMessageText(_ key: Bytes, _ text: Bytes) throws(Failure) {
    try Self.checkKey(key)
    try Self.checkText(text, "text: is not UTF-8")
    guard let messages = find(literal("messages")), let last = lastElement(of: messages.value),
      buffer.bytes[last.lowerBound] == UInt8(ascii: "{")
    else { throw .invalid("request: has no message to set a field of") }
    let value = Buffer()
    try Text.appendQuoted(text, to: value)
    try replace(key, value.bytes, in: last)
  }

  package func addTool(name: Bytes, description: Bytes?, parameters: Bytes?) throws(Failure) {
    try Self.checkName(name, "name: must not be empty", "name: is not UTF-8")
    let value = Buffer()
    try value.append("{\"type\":\"function\",\"function\":{\"name\":")
    try Text.appendQuoted(name, to: value)
    if let description {
      try Self.checkText(description, "description: is not UTF-8")
      try value.append(",\"description\":")
      try Text.appendQuoted(description, to: value)
    }
    if let parameters {
      try Self.checkJSON(parameters)
      guard parameters.trimmed.first == UInt8(ascii: "{") else {
        throw .invalid("parameters_json: must be an object, a JSON schema")
      }
      try value.append(",\"parameters\":")
      try value.append(parameters.trimmed)
    }
    try value.append("}}")
    try append(to: "tools", value.bytes)
  }

  // MARK: the body

  /// Appends what is sent. The face decides `stream`, whatever the request says: true or absent.
  package func writeBody(streaming: Bool, to body: Buffer) throws(Failure) {
    var count = 0
    var isTrue = false
    forEachMember { member in
      guard isKey(member, literal("stream")) else { return }
      count += 1
      isTrue = buffer.bytes.part(member.value.lowerBound, member.value.upperBound).equals("true")
    }
    if count == 0 && !streaming || count == 1 && isTrue && streaming { return try body.append(buffer.bytes) }
    let text = buffer.bytes.trimmed
    let start = body.count
    var copied = 0  // up to where the text is written or dropped
    var kept = 0
    let origin = text.baseAddress.map { $0 - (buffer.bytes.baseAddress ?? $0) } ?? 0
    var failure: Failure?
    forEachMember { member in
      guard failure == nil else { return }
      let from = member.start - origin
      let to = member.value.upperBound - origin
      do throws(Failure) {
        if isKey(member, literal("stream")) {
          if kept == 0 && copied == 0 { try body.append("{") }
        } else {
          // From behind the comma, or from the brace, to the end of the member.
          if kept > 0 { try body.append(",") } else if copied == 0 { try body.append("{") }
          let gap = copied == 0 ? 1 : Self.afterComma(text, copied)
          try body.append(text.part(gap, from))
          try body.append(text.part(from, to))
          kept += 1
        }
      } catch { failure = error }
      copied = to
    }
    if let failure { throw failure }
    if copied == 0 { try body.append("{") }
    if streaming {
      if kept > 0 { try body.append(",") }
      try body.append("\"stream\":true")
    }
    try body.append(text.part(max(copied, 1), text.count))
    if body.count == start { throw .internalError }
  }

  private static func afterComma(_ text: Bytes, _ from: Int) -> Int {
    let at = JSONScanner.skipBlanks(text, from)
    return at < text.count && text[at] == UInt8(ascii: ",") ? at + 1 : from
  }

  // MARK: splicing

  private func forEachMember(in range: Range<Int>? = nil, _ body: (Member) -> Void) {
    let whole = range ?? JSONScanner.skipBlanks(buffer.bytes, 0)..<buffer.count
    var members = JSONScanner.Members(buffer.bytes.part(whole.lowerBound, whole.upperBound))
    let base = whole.lowerBound
    while let next = members.next() {
      let key = base + next.start + 1
      body(
        Member(
          start: base + next.start, key: key..<key + next.key.count,
          value: base + next.value.lowerBound..<base + next.value.upperBound))
    }
  }

  /// Keys with escapes are told apart by their text; no key that the API documents needs one.
  private func isKey(_ member: Member, _ key: Bytes) -> Bool {
    buffer.bytes.part(member.key.lowerBound, member.key.upperBound).equals(key)
  }

  /// The last member with that key, as parsers take it.
  private func find(_ key: Bytes, in range: Range<Int>? = nil) -> Member? {
    var found: Member?
    forEachMember(in: range) { if isKey($0, key) { found = $0 } }
    return found
  }

  private func lastElement(of range: Range<Int>) -> Range<Int>? {
    var elements = JSONScanner.Elements(buffer.bytes.part(range.lowerBound, range.upperBound))
    var last: Bytes?
    while let element = elements.next() { last = element }
    guard let last, let start = last.baseAddress, let base = buffer.bytes.baseAddress else { return nil }
    return start - base..<start - base + last.count
  }

  /// Sets a member of the object in `range` (nil: of the request) to JSON text that was checked.
  private func replace(_ key: Bytes, _ value: Bytes, in range: Range<Int>? = nil) throws(Failure) {
    let escaped = Buffer()
    try Text.appendEscaped(key, to: escaped)
    if let member = find(escaped.bytes, in: range) { return try buffer.replace(member.value, with: value) }
    let object = range ?? JSONScanner.skipBlanks(buffer.bytes, 0)..<buffer.bytes.trimmedEnd
    let isHollow = JSONScanner.skipBlanks(buffer.bytes, object.lowerBound + 1) == object.upperBound - 1
    let text = Buffer()
    if !isHollow { try text.append(",") }
    try text.append("\"")
    try text.append(escaped.bytes)
    try text.append("\":")
    try text.append(value)
    try buffer.replace(object.upperBound - 1..<object.upperBound - 1, with: text.bytes)
  }

  /// Adds an element to the list at `key`, which is made if it is not there.
  private func append(to key: StaticString, _ element: Bytes) throws(Failure) {
    let text = Buffer()
    guard let member = find(key.bytes) else {
      try text.append("[")
      try text.append(element)
      try text.append("]")
      return try replace(key.bytes, text.bytes)
    }
    guard buffer.bytes[member.value.lowerBound] == UInt8(ascii: "[") else {
      throw .invalid(key.bytes, "is not a list in this request")
    }
    let end = member.value.upperBound - 1
    if JSONScanner.skipBlanks(buffer.bytes, member.value.lowerBound + 1) < end { try text.append(",") }
    try text.append(element)
    try buffer.replace(end..<end, with: text.bytes)
  }

  // MARK: what comes in

  private static func checkText(_ text: Bytes, _ message: StaticString) throws(Failure) {
    if Text.firstInvalid(text) != nil { throw .invalid(message) }
  }

  private static func checkName(_ name: Bytes, _ empty: StaticString, _ invalid: StaticString) throws(Failure) {
    if name.isEmpty { throw .invalid(empty) }
    try checkText(name, invalid)
  }

  private static func checkKey(_ key: Bytes) throws(Failure) {
    try checkName(key, "key: must not be empty", "key: is not UTF-8")
  }

  private static func checkJSON(_ json: Bytes) throws(Failure) {
    try checkText(json, "json: is not UTF-8")
    do throws(Failure) {
      _ = try JSONScanner.check(json)
    } catch {
      throw error.status == .tooLarge ? .invalid("json: is nested too deeply") : .invalid("json: is not JSON")
    }
  }
}

extension UnsafeBufferPointer where Element == UInt8 {
  /// Where the text ends, without blanks behind it.
  fileprivate var trimmedEnd: Int {
    var end = count
    while end > 0, self[end - 1].isBlank { end -= 1 }
    return end
  }
}
