/// Writing what the events add up to.
extension Assembler {
  /// Writes the completion in the API's own form, as far as it has come.
  package func write(to buffer: Buffer) throws(Failure) {
    try buffer.append("{")
    for i in 0..<top.keys.count {
      try buffer.append("\"")
      try buffer.append(top.keys[i].bytes)
      try buffer.append("\":")
      if top.keys[i].bytes.equals("object") && top.members[i].isString("chat.completion.chunk") {
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

/// The same as values.
extension Assembler {
  /// The values of `text`, which `write` has just made. They are lent by this and by the text; nothing can be added any more.
  package func answer(in text: Bytes) throws(Failure) -> Answer {
    shapes.removeAll()
    var answer = Answer()
    answer.id = try top.string("id")
    answer.model = try top.string("model")
    answer.object = try top.string("object")
    if top.member("object")?.isString("chat.completion.chunk") == true { answer.object = literal("chat.completion") }
    answer.usage = usage ?? Usage()
    if let created = top.member("created") { answer.created = Answer.seconds(created.bytes.bytes) }
    for choice in choices { answer.choices.append(try self.answer(of: choice, in: text, answer.choices.count)) }
    return answer
  }

  private func answer(of choice: Choice, in text: Bytes, _ position: Int) throws(Failure) -> Answer.Choice {
    let message = choice.message
    var answer = Answer.Choice(index: choice.index, position: position)
    answer.message = text.part(choice.written.lowerBound, choice.written.upperBound)
    answer.role = message.member("role") == nil ? literal("assistant") : try message.string("role")
    answer.content = try message.string("content")
    answer.refusal = try message.string("refusal")
    answer.reasoning = try message.string("reasoning_content")
    if answer.reasoning == nil { answer.reasoning = try message.string("reasoning") }
    if answer.reasoning == nil { answer.reasoning = try message.string("thinking") }
    answer.finishWord = choice.finishWord?.bytes
    choice.toolCalls.order { $0.number }
    for call in choice.toolCalls {
      let function = call.members.member("function")
      answer.toolCalls.append(
        Answer.ToolCall(
          id: try call.members.string("id"), name: try function?.string("name"),
          arguments: try function?.string("arguments")))
    }
    return answer
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
