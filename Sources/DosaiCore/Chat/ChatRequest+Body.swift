/// The body that is sent.
extension ChatRequest {
  /// The body. Its `stream` depends only on the call, not on the request: it is true, or absent.
  package func body(streaming: Bool) throws(Failure) -> Buffer {
    let copy = try ChatRequest(copying: self)
    let key = literal("stream")
    if streaming, let member = find(key), isTrue(member), isOnly(member, key) { return copy.buffer }
    while let member = copy.find(key) { try copy.remove(member) }
    if streaming { try copy.replace(key, literal("true")) }
    return copy.buffer
  }

  /// The model, as the JSON writes it; nil: there is none, or it is no string.
  package func model() throws(Failure) -> Buffer? {
    guard let value = find(Wire.model.bytes)?.value, value.count > 2,
      buffer.bytes[value.lowerBound] == UInt8(ascii: "\"")
    else { return nil }
    return try Buffer(copying: buffer.bytes.slice(value.lowerBound + 1, value.upperBound - 1))
  }

  /// How many tokens a request may cost: those that it allows for the answer, and one for each four bytes.
  package static func tokenEstimate(_ body: Bytes) -> Int64 {
    var allowed: Int64 = 0
    let start = JSONScanner.skipBlanks(body, 0)
    if start < body.count, body[start] == UInt8(ascii: "{") {
      var members = JSONScanner.Members(body.slice(start, body.count))
      while let member = members.next() {
        guard
          member.key.equals("max_tokens") || member.key.equals("max_completion_tokens")
            || member.key.equals("max_output_tokens")
        else { continue }
        let value = body.slice(start + member.value.lowerBound, start + member.value.upperBound)
        allowed = max(allowed, Text.integer(value) ?? 0)
      }
    }
    return min(allowed, Int64(Int32.max)) + Int64(body.count / 4)
  }

  private func isTrue(_ member: Member) -> Bool {
    buffer.bytes.slice(member.value.lowerBound, member.value.upperBound).equals("true")
  }

  private func isOnly(_ member: Member, _ key: Bytes) -> Bool {
    var count = 0
    forEachMember { if isKey($0, key) { count += 1 } }
    return count == 1
  }

  /// Removes a member, and the comma that it no longer needs.
  private func remove(_ member: Member) throws(Failure) {
    let bytes = buffer.bytes
    let next = JSONScanner.skipBlanks(bytes, member.value.upperBound)
    if next < bytes.count, bytes[next] == UInt8(ascii: ",") {
      return try buffer.replace(member.start..<JSONScanner.skipBlanks(bytes, next + 1), with: .empty)
    }
    var start = member.start  // a comma or the object's brace is before it
    while bytes[start - 1].isBlank { start -= 1 }
    if bytes[start - 1] == UInt8(ascii: ",") { start -= 1 }
    try buffer.replace(start..<member.value.upperBound, with: .empty)
  }
}
