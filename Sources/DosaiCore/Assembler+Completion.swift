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
    var isFirst = true
    for index in sortedIndices() {
      if !isFirst { try buffer.append(",") }
      isFirst = false
      try write(choices[index], to: buffer)
    }
    try buffer.append("]")
    if !usageText.isEmpty {
      try buffer.append(",\"usage\":")
      try buffer.append(usageText.bytes)
    }
    try buffer.append("}")
  }

  private func sortedIndices() -> [Int] {
    var order = [Int](0..<choices.count)
    order.sort { choices[$0].index < choices[$1].index }
    return order
  }

  private func write(_ choice: Choice, to buffer: Buffer) throws(Failure) {
    try buffer.append("{\"index\":")
    try buffer.append(decimal: Int64(choice.index))
    try buffer.append(",\"message\":{")
    if choice.message.member("role") == nil { try buffer.append("\"role\":\"assistant\",") }
    if choice.message.member("content") == nil { try buffer.append("\"content\":null,") }
    try choice.message.writeMembers(to: buffer)
    if choice.message.keys.isEmpty { buffer.truncate(to: buffer.count - 1) }
    try writeToolCalls(of: choice, to: buffer)
    try buffer.append("},")
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
    for call in choice.toolCalls.sorted(by: { $0.number < $1.number }) {
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
