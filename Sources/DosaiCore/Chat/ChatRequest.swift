/// A request, as the text of a JSON object. Changes are spliced in, so that everything else stays byte for byte.
package final class ChatRequest {
  struct Member {
    let start: Int  // of the key's quote
    let key: Range<Int>
    let value: Range<Int>
  }

  let buffer = Buffer()
  /// The list to which an element was added last, and where it ends: a long one is not read again for the next.
  var grown: (key: StaticString, end: Int)?

  /// Creates a request with this model.
  package init(model: Bytes) throws(Failure) {
    guard !model.isEmpty else { throw .invalid("model: must not be empty") }
    try Self.checkText(model, "model: is not UTF-8")
    try buffer.append("{\"model\":")
    try Text.appendQuoted(model, to: buffer)
    try buffer.append(",\"messages\":[]}")
  }

  /// Creates a request from any JSON object, which is kept unchanged.
  package init(json: Bytes) throws(Failure) {
    try Self.checkJSON(json)
    let text = json.trimmed
    guard text.first == UInt8(ascii: "{") else { throw .invalid("json: must be an object") }
    try buffer.append(json)
  }

  package init(copying other: ChatRequest) throws(Failure) { try buffer.append(other.buffer.bytes) }

  package var bytes: Bytes { buffer.bytes }

  // MARK: fields

  package func set(_ key: Bytes, json: Bytes) throws(Failure) {
    try Self.checkKey(key)
    try Self.checkJSON(json, inside: 1)
    let copy = try Buffer(copying: json.trimmed)  // it may be a part of this request
    try replace(key, copy.bytes)
  }

  package func set(_ key: Bytes, text: Bytes) throws(Failure) {
    try Self.checkKey(key)
    try Self.checkText(text, "text: is not UTF-8")
    try RequestRules.check(key, .text)
    let value = Buffer()
    try Text.appendQuoted(text, to: value)
    try replace(key, value.bytes)
  }

  /// `written`: the number as JSON, if it is finite. (Writing it with the standard library would add 10 KB.)
  package func set(_ key: Bytes, number: Double, written: Bytes) throws(Failure) {
    try Self.checkKey(key)
    guard number.isFinite else { throw .invalid(key, "must be a finite number") }
    try RequestRules.check(key, .number(number))
    try replace(key, written)
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

  package func setSchema(name: Bytes, schema: Bytes, strict: Bool) throws(Failure) {
    try RequestRules.checkSchemaName(name)
    try Self.checkJSON(schema, inside: 3)
    guard schema.trimmed.first == UInt8(ascii: "{") else {
      throw .invalid("schema_json: must be an object, a JSON schema")
    }
    let value = Buffer()
    try value.append("{\"type\":\"json_schema\",\"json_schema\":{\"name\":")
    try Text.appendQuoted(name, to: value)
    try value.append(strict ? literal(",\"strict\":true,\"schema\":") : literal(",\"strict\":false,\"schema\":"))
    try value.append(schema.trimmed)
    try value.append("}}")
    try replace(literal("response_format"), value.bytes)
  }

  package func addStop(_ text: Bytes) throws(Failure) {
    try Self.checkText(text, "text: is not UTF-8")
    let value = Buffer()
    if let member = find(literal("stop")), buffer.bytes[member.value.lowerBound] == UInt8(ascii: "\"") {
      // One text becomes the first of a list.
      try value.append("[")
      try value.append(buffer.bytes.slice(member.value.lowerBound, member.value.upperBound))
      try value.append("]")
      try replace(literal("stop"), value.bytes)
      value.removeAll()
    } else if let member = find(literal("stop")) {
      var elements = JSONScanner.Elements(buffer.bytes.slice(member.value.lowerBound, member.value.upperBound))
      var count = 0
      while elements.next() != nil { count += 1 }
      guard count < RequestRules.stopsMax else { throw .invalid("stop: there can be 4 texts at most") }
    }
    try Text.appendQuoted(text, to: value)
    try append(to: "stop", value.bytes)
  }

  // MARK: checks

  static func checkText(_ text: Bytes, _ message: Constant) throws(Failure) {
    if Text.firstInvalid(text) != nil { throw .invalid(message) }
  }

  static func checkName(_ name: Bytes, _ empty: Constant, _ invalid: Constant) throws(Failure) {
    if name.isEmpty { throw .invalid(empty) }
    try checkText(name, invalid)
  }

  static func checkKey(_ key: Bytes) throws(Failure) {
    try checkName(key, "key: must not be empty", "key: is not UTF-8")
  }

  /// `inside`: how many levels surround it in the request, so that the request stays within the depth that can be
  /// parsed.
  static func checkJSON(_ json: Bytes, inside depth: Int = 0) throws(Failure) {
    try checkText(json, "json: is not UTF-8")
    do throws(Failure) {
      _ = try JSONScanner.check(json, depthMax: JSONScanner.levelsMax - depth)
    } catch {
      throw error.status == .tooLarge ? .invalid("json: is nested too deeply") : .invalid("json: is not JSON")
    }
  }
}
