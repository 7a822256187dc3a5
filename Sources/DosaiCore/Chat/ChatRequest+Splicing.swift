/// Finds and replaces parts of the text.
extension ChatRequest {
  func forEachMember(in range: Range<Int>? = nil, _ body: (Member) -> Void) {
    let whole = range ?? JSONScanner.skipBlanks(buffer.bytes, 0)..<buffer.count
    var members = JSONScanner.Members(buffer.bytes.slice(whole.lowerBound, whole.upperBound))
    let base = whole.lowerBound
    while let next = members.next() {
      let key = base + next.start + 1
      body(
        Member(
          start: base + next.start, key: key..<key + next.key.count,
          value: base + next.value.lowerBound..<base + next.value.upperBound))
    }
  }

  /// Whether the member has that key, whichever escapes it is written with. `key` is written without unnecessary
  /// escapes.
  func isKey(_ member: Member, _ key: Bytes) -> Bool {
    let written = buffer.bytes.slice(member.key.lowerBound, member.key.upperBound)
    if written.equals(key) { return true }
    guard written.firstIndex(of: UInt8(ascii: "\\"), from: 0) != nil else { return false }
    let plain = Buffer()
    guard (try? Text.appendUnescaped(written, to: plain)) == true else { return false }
    let usual = Buffer()
    return (try? Text.appendEscaped(plain.bytes, to: usual)) != nil && usual.bytes.equals(key)
  }

  /// The last member with that key, which is the one that parsers use.
  func find(_ key: Bytes, in range: Range<Int>? = nil) -> Member? {
    var found: Member?
    forEachMember(in: range) { if isKey($0, key) { found = $0 } }
    return found
  }

  func lastElement(of range: Range<Int>) -> Range<Int>? {
    var elements = JSONScanner.Elements(buffer.bytes.slice(range.lowerBound, range.upperBound))
    var last: Bytes?
    while let element = elements.next() { last = element }
    guard let last, let start = last.baseAddress, let base = buffer.bytes.baseAddress else { return nil }
    return start - base..<start - base + last.count
  }

  /// Sets a member of the object in `range` (nil: of the request) to JSON text that was checked.
  func replace(_ key: Bytes, _ value: Bytes, in range: Range<Int>? = nil) throws(Failure) {
    grown = nil
    let escaped = Buffer()
    try Text.appendEscaped(key, to: escaped)
    if let member = find(escaped.bytes, in: range) { return try buffer.replace(member.value, with: value) }
    let object = range ?? JSONScanner.skipBlanks(buffer.bytes, 0)..<buffer.bytes.trimmedEnd
    let isEmpty = JSONScanner.skipBlanks(buffer.bytes, object.lowerBound + 1) == object.upperBound - 1
    let text = Buffer()
    if !isEmpty { try text.append(",") }
    try text.append("\"")
    try text.append(escaped.bytes)
    try text.append("\":")
    try text.append(value)
    try buffer.replace(object.upperBound - 1..<object.upperBound - 1, with: text.bytes)
  }

  /// Adds an element to the list at `key`, which is created if it is missing.
  func append(to key: StaticString, _ element: Bytes) throws(Failure) {
    let text = Buffer()
    let end: Int
    if let grown, grown.key.bytes.equals(key.bytes) {
      end = grown.end
      try text.append(",")
    } else {
      guard let member = find(key.bytes) else {
        try text.append("[")
        try text.append(element)
        try text.append("]")
        return try replace(key.bytes, text.bytes)
      }
      guard buffer.bytes[member.value.lowerBound] == UInt8(ascii: "[") else {
        throw .invalid(key.bytes, "is not a list in this request")
      }
      end = member.value.upperBound - 1
      if JSONScanner.skipBlanks(buffer.bytes, member.value.lowerBound + 1) < end { try text.append(",") }
    }
    try text.append(element)
    try buffer.replace(end..<end, with: text.bytes)
    grown = (key, end + text.count)
  }
}

extension UnsafeBufferPointer where Element == UInt8 {
  /// Where the text ends, without the blanks after it.
  fileprivate var trimmedEnd: Int {
    var end = count
    while end > 0, self[end - 1].isBlank { end -= 1 }
    return end
  }
}
