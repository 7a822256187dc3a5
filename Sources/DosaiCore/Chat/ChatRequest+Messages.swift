/// Messages and tools.
extension ChatRequest {
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
    try Self.checkJSON(json, inside: 2)
    guard json.trimmed.first == UInt8(ascii: "{") else { throw .invalid("json: a message must be an object") }
    try append(to: "messages", json.trimmed)
  }

  package func addToolResult(id: Bytes, content: Bytes) throws(Failure) {
    try Self.checkText(id, "tool_call_id: is not UTF-8")  // some servers send no id
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
      try Self.checkJSON(parameters, inside: 4)
      guard parameters.trimmed.first == UInt8(ascii: "{") else {
        throw .invalid("parameters_json: must be an object, a JSON schema")
      }
      try value.append(",\"parameters\":")
      try value.append(parameters.trimmed)
    }
    try value.append("}}")
    try append(to: "tools", value.bytes)
  }
}
