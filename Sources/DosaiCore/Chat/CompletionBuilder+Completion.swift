/// Writes the completion that the events add up to.
extension CompletionBuilder {
  /// Writes the completion so far in the API's own form. `readCount`: with only this many chunks of the event that was
  /// added last; nil: with all.
  package func write(to buffer: Buffer, readCount: Int? = nil) throws(Failure) {
    if let readCount { mark(readCount) }
    defer { if isPartial { mark(nil) } }
    try buffer.append("{")
    for i in 0..<top.keys.count {
      try buffer.append("\"")
      try buffer.append(top.keys[i].bytes)
      try buffer.append("\":")
      if top.keys[i].bytes.equals(Wire.object) && top.members[i].bytes.bytes.equals("\"chat.completion.chunk\"") {
        try buffer.append("\"chat.completion\"")
      } else {
        try top.members[i].write(to: buffer)
      }
      try buffer.append(",")
    }
    try buffer.append("\"choices\":[")
    var isFirst = true
    for choice in choices.ordered() where !isPartial || choice.isRead || choice.event != events {
      if !isFirst { try buffer.append(",") }
      isFirst = false
      try write(choice, to: buffer)
    }
    try buffer.append("]")
    let usage = isUsageRead ? usageText : spareUsage
    if !usage.isEmpty {
      try buffer.append(",\"usage\":")
      try buffer.append(usage.bytes)
    }
    try buffer.append("}")
  }

  private func write(_ choice: Choice, to buffer: Buffer) throws(Failure) {
    try buffer.append("{\"index\":")
    try buffer.append(decimal: Int64(choice.index))
    try buffer.append(",\"message\":")
    let start = buffer.count
    try buffer.append("{")
    if choice.message.member(Wire.role) == nil { try buffer.append("\"role\":\"assistant\",") }
    if choice.message.member(Wire.content) == nil { try buffer.append("\"content\":null,") }
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
    let isLast = isPartial && choice.finished == events
    if let word = isLast ? choice.readFinishReason ?? choice.finishBefore?.bytes : choice.finishWord?.bytes {
      try Text.appendQuoted(word, to: buffer)
    } else {
      try buffer.append("null")
    }
    try buffer.append("}")
  }

  private func writeToolCalls(of choice: Choice, to buffer: Buffer) throws(Failure) {
    var isFirst = true
    for call in choice.toolCalls.ordered() where !isPartial || call.isRead || call.event != events {
      try buffer.append(isFirst ? ",\"tool_calls\":[{" : ",{")
      isFirst = false
      if call.members.member("type") == nil {
        try buffer.append("\"type\":\"function\"")
        if !call.members.keys.isEmpty { try buffer.append(",") }
      }
      try call.members.writeMembers(to: buffer)
      try buffer.append("}")
    }
    if !isFirst { try buffer.append("]") }
  }

  // MARK: chunks that were not read

  /// Marks what to leave out if only this many chunks of the last event were read; nil: nothing.
  private func mark(_ readCount: Int?) {
    isPartial = readCount != nil
    for position in chunks.indices.reversed() {
      let chunk = chunks[position]
      let isRead = position < readCount ?? 0
      if chunk.kind == .usage { isUsageRead = isRead || !isPartial }
      guard let choice = known(at: Int64(chunk.choice)) else { continue }
      let call = choice.call(chunk.toolCall)
      choice.isRead = isPartial && (isRead || choice.isRead)
      call?.isRead = isPartial && (isRead || call?.isRead == true)
      if chunk.kind == .finish {
        choice.readFinishReason = isPartial ? choice.readFinishReason ?? (isRead ? chunk.text : nil) : nil
      }
      let text = isPartial ? chunk.text : nil
      if isRead { continue }
      if let call {
        call.arguments?.leaveOut(text)
      } else {
        let message = choice.message
        for i in message.keys.indices where Wire.kind(ofText: message.keys[i].bytes) == chunk.kind {
          message.members[i].leaveOut(text)
        }
      }
    }
  }
}

extension MergedValue {
  /// Leaves out the text, if it directly precedes what is left out already. nil: leaves out nothing any more.
  @inline(never)
  fileprivate func leaveOut(_ text: Bytes?) {
    guard let text, form == .text else {
      leftOutCount = 0
      return
    }
    let end = bytes.count - leftOutCount
    if bytes.bytes.slice(end - text.count, end).equals(text) { leftOutCount += text.count }
  }
}

extension CompletionFields {
  /// Reads what a stream has added up to. Nothing may be added afterwards. `text` is what `write` has just written; the
  /// values are borrowed from both.
  package init(_ builder: CompletionBuilder, in text: Bytes) throws(Failure) {
    builder.templates.removeAll()
    id = try string(Wire.id, of: builder.top)
    model = try string(Wire.model, of: builder.top)
    object = try string(Wire.object, of: builder.top)
    if object?.equals("chat.completion.chunk") == true { object = literal("chat.completion") }
    usage = builder.usage ?? Usage()
    if let created = builder.top.member(Wire.created) { self.created = Wire.seconds(created.bytes.bytes) }
    for choice in builder.choices.ordered() { choices.append(try self.choice(choice, in: text)) }
  }

  private mutating func choice(_ given: CompletionBuilder.Choice, in text: Bytes) throws(Failure) -> Choice {
    let message = given.message
    var choice = Choice(index: given.index, position: choices.count)
    choice.message = text.slice(given.written.lowerBound, given.written.upperBound)
    try choice.readTexts { (name: StaticString) throws(Failure) in try string(name, of: message) }
    if message.member(Wire.role) == nil { choice.role = literal("assistant") }
    choice.finishWord = given.finishWord?.bytes
    for call in given.toolCalls.ordered() {
      let function = call.members.member(Wire.function)
      choice.toolCalls.append(
        ToolCall(
          id: try string(Wire.id, of: call.members), name: try string(Wire.name, of: function),
          arguments: try string(Wire.arguments, of: function)))
    }
    return choice
  }

  /// The characters of a member that is a string, NUL-terminated.
  private mutating func string(_ key: StaticString, of object: MergedValue?) throws(Failure) -> Bytes? {
    guard let member = object?.member(key) else { return nil }
    let json = member.bytes.bytes
    if member.form == .json && json.first == UInt8(ascii: "\"") {
      let text = Buffer()
      guard try Text.appendUnescaped(json.slice(1, json.count - 1), to: text) else { throw .internalError }
      texts.append(text)
      return text.bytes
    }
    if member.form != .text { return nil }
    try member.bytes.reserve(0)
    return member.bytes.bytes
  }
}
