/// The types and ranges that the API page documents for its parameters.
enum RequestRules {
  enum Value {
    case text
    case number(Double)
    case integer(Int64)
  }

  static let stopsMax = 4

  private struct Range {
    let low: Double
    let high: Double
    let message: Constant
  }

  /// Throws INVALID_ARGUMENT, with the rule, if the value of a typed setter breaks it.
  static func check(_ key: Bytes, _ value: Value) throws(Failure) {
    if key.equals("stream") { throw .invalid("stream: is decided by the call that sends the request") }
    if key.equals("messages") { throw .invalid("messages: is a list; add each with dosai_request_add_message") }
    if key.equals("tools") { throw .invalid("tools: is a list; add each with dosai_request_add_tool") }
    if key.equals("response_format") { throw .invalid("response_format: is an object; set it as JSON") }
    if key.equals("model") || key.equals("stop") || key.equals("tool_choice") {
      guard case .text = value else { throw .invalid(key, "must be text") }
    }
    if key.equals("max_tokens") || key.equals("n") {
      guard case .integer(let integer) = value else { throw .invalid(key, "must be an integer") }
      if integer < 1 { throw .invalid(key, "must be 1 or more") }
      if key.equals("n") && integer > 128 { throw .invalid(key, "must be 128 or less") }
    }
    guard let range = range(of: key) else { return }
    let number: Double
    switch value {
    case .text: throw .invalid(key, "must be a number")
    case .number(let value): number = value
    case .integer(let value): number = Double(value)
    }
    if number < range.low || number > range.high { throw .invalid(key, range.message) }
  }

  /// The rule of a schema's name.
  static func checkSchemaName(_ name: Bytes) throws(Failure) {
    var isGood = name.count >= 1 && name.count <= 64
    for byte in name where !byte.isLetter && !byte.isDigit && byte != UInt8(ascii: "_") && byte != UInt8(ascii: "-") {
      isGood = false
    }
    if !isGood { throw .invalid("name: must be 1 to 64 ASCII letters, digits, '_' or '-'") }
  }

  private static func range(of key: Bytes) -> Range? {
    if key.equals("temperature") { return Range(low: 0, high: 2, message: "must be between 0 and 2") }
    if key.equals("top_p") { return Range(low: 0, high: 1, message: "must be between 0 and 1") }
    if key.equals("frequency_penalty") || key.equals("presence_penalty") {
      return Range(low: -2, high: 2, message: "must be between -2.0 and 2.0")
    }
    return nil
  }
}
