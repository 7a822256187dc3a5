/// Reads one delta.
extension CompletionBuilder {
  /// `isWhole`: it is the message of a complete answer, in which tool calls have no index.
  func add<Value: JSONValue>(delta: Value, to choice: Choice, isWhole: Bool) throws(Failure) {
    var hasReasoning = false
    var position: Int64 = 0
    try delta.forEachMember { (key: Bytes, value: Value) throws(Failure) in
      if key.equals(Wire.toolCalls) {
        if value.kind == .object { quirks.insert(.toolIndex) }
        try value.forEachToolCall { (call: Value) throws(Failure) in
          try add(toolCall: call, at: position, isWhole: isWhole, to: choice)
          position += 1
        }
      } else if key.equals(Wire.content) && value.kind == .array {
        try add(parts: value, to: choice)
      } else {
        try merger.merge(value, into: choice.message, key)
        if value.kind != .null && !key.equals(Wire.role) { fieldCount += 1 }
        guard value.kind == .string, !value.string.isEmpty else { return }
        guard let kind = Wire.kind(ofText: key) else { return }
        // Some servers send the same text under two names.
        if kind == .reasoning && hasReasoning { return }
        if kind == .reasoning { hasReasoning = true }
        chunks.append(Chunk(kind, choice: choice.index, text: value.string))
      }
    }
  }

  /// Adds content that is a list of parts. Thinking parts are added as reasoning.
  private func add<Value: JSONValue>(parts: Value, to choice: Choice) throws(Failure) {
    quirks.insert(.contentParts)
    try parts.forEachPart { (kind: Chunk.Kind, text: Bytes) throws(Failure) in
      let key = kind == .reasoning ? Wire.thinking : Wire.content
      try merger.append(text, to: choice.message, key.bytes)
      if !text.isEmpty { chunks.append(Chunk(kind, choice: choice.index, text: text)) }
    }
  }

  private func add<Value: JSONValue>(
    toolCall value: Value, at position: Int64, isWhole: Bool, to choice: Choice
  ) throws(Failure) {
    let function = value.nonNullMember(Wire.function)
    let id = value.string(Wire.id) ?? .empty
    let name = function?.string(Wire.name) ?? .empty
    let given = try value.index() ?? (isWhole ? position : nil)
    let isMore = function != nil && name.isEmpty
    let call = try self.call(given, id, name, isMore: isMore, isFirst: position == 0, in: choice)
    var chunk = Chunk(.toolCall, choice: choice.index)
    chunk.toolCall = call.number
    if !id.isEmpty { chunk.toolCallID = id }
    if !name.isEmpty { chunk.toolCallName = name }
    if (value.nonNullMember(Wire.id) != nil && (id.isEmpty || !call.id.isEmpty))
      || (function?.nonNullMember(Wire.name) != nil && (name.isEmpty || !call.name.isEmpty))
    {
      quirks.insert(.toolRepeated)
    }
    if call.id.isEmpty && !id.isEmpty {
      try call.id.append(id)
      try choice.note(call)
    }
    // A name may come in pieces, but also again, or as a longer one.
    let known = call.name.bytes
    let more = name.slice(0, known.count).equals(known) ? name.slice(known.count, name.count) : name
    try call.name.append(more)
    try value.forEachMember { (key: Bytes, member: Value) throws(Failure) in
      if key.equals(Wire.index) || (member.kind == .null) { return }
      guard key.equals(Wire.function), member.kind == .object else {
        fieldCount += 1
        if key.equals(Wire.id) && !call.id.bytes.equals(id) { return }  // the first one stays
        return try merger.merge(member, into: call.members, key)
      }
      let target = try call.members.ensure(key, .object)
      merger.turn(target, .object)
      try member.forEachMember { (key: Bytes, member: Value) throws(Failure) in
        if member.kind != .null { fieldCount += 1 }
        let isName = key.equals(Wire.name) && member.kind == .string
        guard isName || key.equals(Wire.arguments) else { return try merger.merge(member, into: target, key) }
        if !isName { chunk.text = try member.arguments(&quirks, &scratch) }
        if let text = isName ? more : chunk.text { try merger.append(text, to: target, key) }
      }
    }
    chunks.append(chunk)
  }

  /// The call that a delta belongs to. An id that differs from the one at its index starts a new call, unless the delta
  /// has more of a function alone: some servers send another id with each part of a call. Without an id, another name
  /// behind arguments starts one, or any name if the call is of the same event. Without an index, the delta belongs to
  /// the call with its id, or to the last call; but a name after another call of the same event starts a new call.
  private func call(
    _ index: Int64?, _ id: Bytes, _ name: Bytes, isMore: Bool, isFirst: Bool, in choice: Choice
  ) throws(Failure) -> ToolCall {
    var found: ToolCall?
    if let index {
      found = choice.call(at: index)
      if let call = found, !id.isEmpty, !call.id.isEmpty, !call.id.bytes.equals(id) {
        let other = choice.call(id, at: index)
        if other != nil || !isMore {
          found = other
          quirks.insert(.toolIndex)
        }
      } else if let call = found, id.isEmpty, !name.isEmpty, !call.name.isEmpty,
        call.event == events || !name.slice(0, call.name.count).equals(call.name.bytes),
        call.arguments?.bytes.isEmpty == false
      {
        found = nil
        quirks.insert(.toolIndex)
      }
    } else {
      quirks.insert(.toolIndex)
      if !id.isEmpty {
        found = choice.call(id, at: nil)
        if found == nil, let last = choice.toolCalls.last, last.id.isEmpty { found = last }
      } else if let last = choice.toolCalls.last {
        if name.isEmpty || last.name.isEmpty || (isFirst && last.name.bytes.equals(name)) { found = last }
      }
    }
    if let found { return found }
    guard choice.toolCalls.count < limits.toolCalls else {
      throw Failure(.tooLarge, "there are more tool calls than max_tool_calls")
    }
    try merger.use(256)
    var number = Int32(truncatingIfNeeded: index ?? Int64(choice.toolCalls.count))
    if choice.call(number) != nil { number = choice.numbersEnd }
    let made = ToolCall(number: number, index: index, position: choice.toolCalls.count, event: events)
    try choice.add(made)
    toolCallCount += 1
    return made
  }
}

/// The calls of a choice by number, by index, by id, and by index and id; of several that match, the last.
extension CompletionBuilder.Choice {
  @inline(never)
  private func find(_ id: Bytes, _ number: Int64) -> CompletionBuilder.ToolCall? {
    toolCallIndex.find(toolCallIndex.hash(id, number)).map { toolCalls[$0] }
  }

  @inline(never)
  private func set(_ id: Bytes, _ number: Int64, _ call: CompletionBuilder.ToolCall) throws(Failure) {
    try toolCallIndex.set(toolCallIndex.hash(id, number), call.position)
  }

  func call(_ number: Int32) -> CompletionBuilder.ToolCall? { find(.empty, -2 - Int64(number)) }

  func call(at index: Int64) -> CompletionBuilder.ToolCall? { find(.empty, index) }

  func call(_ id: Bytes, at index: Int64?) -> CompletionBuilder.ToolCall? {
    find(id, index ?? -1).flatMap { $0.id.bytes.equals(id) ? $0 : nil }
  }

  func add(_ call: CompletionBuilder.ToolCall) throws(Failure) {
    toolCalls.append(call)
    numbersEnd = max(numbersEnd, call.number &+ 1)
    try set(.empty, -2 - Int64(call.number), call)
    if let index = call.index { try set(.empty, index, call) }
  }

  /// Makes the call known by its id.
  func note(_ call: CompletionBuilder.ToolCall) throws(Failure) {
    try set(call.id.bytes, -1, call)
    if let index = call.index { try set(call.id.bytes, index, call) }
  }
}
