/// Writing what the events add up to.
extension Assembler {
  /// Writes the completion in the API's own form, as far as it has come.
  package func write(to buffer: Buffer) throws(Failure) {
    try buffer.append("{")
    for i in 0..<top.keys.count {
      try buffer.append("\"")
      try buffer.append(top.keys[i].bytes)
      try buffer.append("\":")
      if top.keys[i].bytes.equals("object") && top.members[i].bytes.bytes.equals("\"chat.completion.chunk\"") {
        try buffer.append("\"chat.completion\"")
      } else {
        try top.members[i].write(to: buffer)
      }
      try buffer.append(",")
    }
    try buffer.append("\"choices\":[")
    choices.order { $0.index }
    var isFirst = true
    for choice in choices {
      if !isFirst { try buffer.append(",") }
      isFirst = false
      try write(choice, to: buffer)
    }
    try buffer.append("]")
    if !usageText.isEmpty {
      try buffer.append(",\"usage\":")
      try buffer.append(usageText.bytes)
    }
    try buffer.append("}")
  }

  private func write(_ choice: Choice, to buffer: Buffer) throws(Failure) {
    try buffer.append("{\"index\":")
    try buffer.append(decimal: Int64(choice.index))
    try buffer.append(",\"message\":")
    let start = buffer.count
    try buffer.append("{")
    if choice.message.member("role") == nil { try buffer.append("\"role\":\"assistant\",") }
    if choice.message.member("content") == nil { try buffer.append("\"content\":null,") }
    try choice.message.writeMembers(to: buffer)
    if choice.message.keys.isEmpty { buffer.truncate(to: buffer.count - 1) }
    try writeToolCalls(of: choice, to: buffer)
    try buffer.append("}")
    choice.written = start..<buffer.count
    try buffer.append(",")
    if !choice.members.keys.isEmpty {
      try choice.members.writeMembers(to: buffer)
      try buffer.append(",")
    }
    try buffer.append("\"finish_reason\":")
    if let word = choice.finishWord {
      try Text.appendQuoted(word.bytes, to: buffer)
    } else {
      try buffer.append("null")
    }
    try buffer.append("}")
  }

  private func writeToolCalls(of choice: Choice, to buffer: Buffer) throws(Failure) {
    guard !choice.toolCalls.isEmpty else { return }
    try buffer.append(",\"tool_calls\":[")
    var isFirst = true
    var inOrder = choice.toolCalls
    inOrder.order { $0.number }
    for call in inOrder {
      if !isFirst { try buffer.append(",") }
      isFirst = false
      try buffer.append("{")
      if call.members.member("type") == nil {
        try buffer.append("\"type\":\"function\"")
        if !call.members.keys.isEmpty { try buffer.append(",") }
      }
      try call.members.writeMembers(to: buffer)
      try buffer.append("}")
    }
    try buffer.append("]")
  }
}

extension Answer {
  /// What a stream adds up to, once nothing more is added. `text` is what `write` has just made of it; both lend the values.
  package init(_ assembler: Assembler, in text: Bytes) throws(Failure) {
    assembler.shapes.removeAll()
    id = try string("id", of: assembler.top)
    model = try string("model", of: assembler.top)
    object = try string("object", of: assembler.top)
    if object?.equals("chat.completion.chunk") == true { object = literal("chat.completion") }
    usage = assembler.usage ?? Usage()
    if let created = assembler.top.member("created") { self.created = Self.seconds(created.bytes.bytes) }
    for choice in assembler.choices { choices.append(try self.choice(choice, in: text)) }
  }

  private mutating func choice(_ given: Assembler.Choice, in text: Bytes) throws(Failure) -> Choice {
    let message = given.message
    var choice = Choice(index: given.index, position: choices.count)
    choice.message = text.part(given.written.lowerBound, given.written.upperBound)
    choice.role = message.member("role") == nil ? literal("assistant") : try string("role", of: message)
    choice.content = try string("content", of: message)
    choice.refusal = try string("refusal", of: message)
    choice.reasoning = try string("reasoning_content", of: message)
    if choice.reasoning == nil { choice.reasoning = try string("reasoning", of: message) }
    if choice.reasoning == nil { choice.reasoning = try string("thinking", of: message) }
    choice.finishWord = given.finishWord?.bytes
    var inOrder = given.toolCalls
    inOrder.order { $0.number }
    for call in inOrder {
      let function = call.members.member("function")
      choice.toolCalls.append(
        ToolCall(
          id: try string("id", of: call.members), name: try string("name", of: function),
          arguments: try string("arguments", of: function)))
    }
    return choice
  }

  /// The characters of a member that is a string, NUL-terminated.
  private mutating func string(_ key: StaticString, of object: Assembled?) throws(Failure) -> Bytes? {
    guard let member = object?.member(key) else { return nil }
    let json = member.bytes.bytes
    if member.form == .json && json.first == UInt8(ascii: "\"") {
      let text = Buffer()
      guard try Text.appendUnescaped(json.part(1, json.count - 1), to: text) else { throw .internalError }
      texts.append(text)
      return text.bytes
    }
    if member.form != .text { return nil }
    try member.bytes.reserve(0)
    return member.bytes.bytes
  }
}

extension Array {
  /// Sorts few elements that mostly are in order; equals stay as they are. The standard library's sort is 2 KB a type.
  package mutating func order(by number: (Element) -> Int32) {
    for i in indices {
      var place = i
      while place > 0, number(self[place - 1]) > number(self[place]) {
        swapAt(place - 1, place)
        place -= 1
      }
    }
  }
}
