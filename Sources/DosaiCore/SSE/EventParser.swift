/// Parses server-sent events with the algorithm of the WHATWG HTML standard, 9.2.6. The bytes may be split anywhere.
///
/// Comments and unknown fields are dropped as they arrive.
package final class EventParser {
  /// One event: its data, and its type, which is empty for "message".
  package struct Event {
    /// Lent until the parser is used again.
    package let data: Bytes
    package let type: Bytes
    /// The stream ended before the event's blank line.
    package let isOpen: Bool
  }

  /// How much memory an empty buffer keeps.
  private static let inputKept = 1 << 20
  private static let dataKept = 1 << 16

  private let bytesMax: Int
  /// The bytes that were fed, from the last event on that was read. More may be appended.
  package let input = Buffer()
  private var at = 0  // where in `input` the next line begins
  private var searched = 0  // up to here, if that is behind `at`, that line has no end
  private var atStart = true
  private var skipsLineFeed = false  // the last line ended with CR
  private var skipsLine = false  // the rest of the line is not needed
  private var dispatched = false  // `data` and `type` still contain the event that was last returned
  private var isBetween = false  // `ahead` may be used
  private var knownHead = -1  // where an event begins whose head was compared

  private let data = Buffer()
  private var hasData = false
  private let type = Buffer()
  package let lastEventID = Buffer()
  package private(set) var idCount = 0  // how many it was given

  package init(bytesMax: Int) { self.bytesMax = bytesMax }

  /// The number of bytes that were fed but not yet examined. The examined beginning of an incomplete event does not
  /// count.
  package var unread: Int { input.count - max(at, searched) }

  /// Whether something other than blank lines has followed the last event.
  package var hasMore: Bool { hasData || !input.bytes.slice(at, input.count).trimmed.isEmpty }

  package func feed(_ bytes: Bytes) throws(Failure) { if !add(bytes) { throw .outOfMemory } }

  /// Feeds bytes inline. False: out of memory.
  @inline(__always)
  package func add(_ bytes: Bytes) -> Bool {
    if at > 0 { removeRead(bytes.count) }
    return input.add(bytes)
  }

  /// If the text is among the bytes that were fed, it stays where it is: what was not read moves away from it. Returns
  /// the owner of its memory.
  package func leave(_ text: Bytes) throws(Failure) -> Buffer? {
    guard input.holds(text) else { return nil }
    let left = try input.leaveMemory(from: at)
    noteRemoved()
    return left
  }

  private func noteRemoved() {
    knownHead = -1
    searched = max(0, searched - at)
    at = 0
  }

  /// Removes what was read, and gives back the memory of a large event unless as much is coming.
  @inline(never)
  private func removeRead(_ coming: Int) {
    input.removeFirst(at)
    noteRemoved()
    if input.isEmpty && coming < Self.inputKept { input.shrink(keeping: Self.inputKept) }
  }

  /// The next complete event; nil: more bytes are needed. TOO_LARGE: the event is larger than the limit.
  package func next() throws(Failure) -> Event? {
    clearDispatched()
    if atStart {
      let mark: StaticString = "\u{FEFF}"
      let head = input.bytes.slice(at, at + 3)
      if head.count < 3 && head.equals(mark.bytes.slice(0, head.count)) { return nil }
      if head.equals(mark) { skip(to: at + 3) }
      atStart = false
    }
    if unread == 0 {
      isBetween = isClean
      return nil
    }
    while true {
      if let event = wholeEvent() { return event }
      guard let line = try nextLine() else {
        isBetween = isClean
        return nil
      }
      if let event = try process(line) { return event }
    }
  }

  /// Whether nothing of the next event has been read, except what does not matter.
  private var isClean: Bool { !atStart && !hasData && !skipsLine && !skipsLineFeed && type.isEmpty }

  /// Call this when the body has ended and `next` has given nil. Returns the last event, if only its blank line is
  /// missing.
  package func finish() throws(Failure) -> Event? {
    if at < input.count && !skipsLine {
      let line = input.bytes.slice(at, input.count)
      at = input.count
      if let event = try process(line) { return event }
    }
    guard hasData else { return nil }
    return event(isOpen: true)
  }

  /// The bytes from the next event on, if nothing of it has been read, and not only more of its first line has come.
  @inline(__always)
  package var ahead: (start: UnsafeMutablePointer<UInt8>, end: UnsafeMutablePointer<UInt8>)? {
    guard isBetween, searched <= at || hasNewLine, let start = input.start else { return nil }
    return (start + at, start + input.count)
  }

  @inline(never)
  private var hasNewLine: Bool { input.bytes.firstIndex(of: UInt8(ascii: "\n"), from: searched) != nil }

  /// Notes that `ahead` begins as the template does that was matched last, and that is next. It does so until something
  /// is read.
  @inline(__always)
  func noteKnownHead() { knownHead = at }

  @inline(__always)
  package var hasKnownHead: Bool { knownHead == at }

  /// As `ahead`, which is there, where `hasKnownHead`.
  @inline(__always)
  package var knownAhead: (start: UnsafeMutablePointer<UInt8>, end: UnsafeMutablePointer<UInt8>)? {
    guard let start = input.start else { return nil }
    return (start + at, start + input.count)
  }

  /// Skips whole events at the beginning of `ahead`, with their blank lines.
  @inline(__always)
  package func skip(_ length: Int) { at = at &+ length }

  /// Makes `ahead` nil.
  package func stop() {
    isBetween = false
    knownHead = -1
  }

  /// The next event if it has the usual form, `data: ...` LF LF, and has arrived completely; without copying it.
  private func wholeEvent() -> Event? {
    isBetween = isClean
    let text = isBetween ? input.bytes.slice(at, input.count) : .empty
    guard text.starts(with: "data: "),
      let end = text.firstIndex(of: UInt8(ascii: "\n"), from: max(6, searched - at)), end + 1 < text.count,
      text[end + 1] == UInt8(ascii: "\n"), end <= bytesMax,
      text.slice(0, end).firstIndex(of: UInt8(ascii: "\r"), from: 0) == nil
    else {
      stop()
      return nil
    }
    skip(end + 2)
    return Event(data: text.slice(6, end), type: .empty, isOpen: false)
  }

  @inline(__always)
  private func skip(to index: Int) {
    at = index
  }

  /// The next line, without its line end; nil: it has not ended yet.
  private func nextLine() throws(Failure) -> Bytes? {
    let bytes = input.bytes
    if skipsLineFeed {
      guard at < bytes.count else { return nil }
      if bytes[at] == UInt8(ascii: "\n") { skip(to: at + 1) }
      skipsLineFeed = false
    }
    var end = max(at, searched)
    while end < bytes.count, bytes[end] != UInt8(ascii: "\n"), bytes[end] != UInt8(ascii: "\r") { end += 1 }
    if end < bytes.count {
      let line = bytes.slice(at, end)
      skipsLineFeed = bytes[end] == UInt8(ascii: "\r")
      let skipped = skipsLine
      skipsLine = false
      skip(to: end + 1)
      if skipped { return try nextLine() }
      if !Self.isUnwanted(line) { try checkSize(line.count) }
      return line
    }
    searched = end
    if !skipsLine { skipsLine = Self.isUnwanted(bytes.slice(at, end)) }
    if skipsLine { skip(to: end) } else { try checkSize(end - at) }
    return nil
  }

  /// Whether the beginning of a line shows that the line is not needed: it is a comment, or an unused field.
  private static func isUnwanted(_ start: Bytes) -> Bool {
    guard let first = start.first else { return false }
    if first == UInt8(ascii: ":") { return true }
    func begins(_ field: StaticString) -> Bool {
      start.count <= field.utf8CodeUnitCount
        ? start.equals(field.bytes.slice(0, start.count))
        : start.starts(with: field) && start[field.utf8CodeUnitCount] == UInt8(ascii: ":")
    }
    return !(begins("data") || begins("event") || begins("id"))
  }

  private func checkSize(_ more: Int) throws(Failure) {
    if data.count + more > bytesMax { throw Failure(.tooLarge, "an event is larger than max_event_bytes") }
  }

  private func process(_ line: Bytes) throws(Failure) -> Event? {
    if line.isEmpty {
      guard hasData else {
        type.removeAll()
        return nil
      }
      return event(isOpen: false)
    }
    let colon = line.firstIndex(of: UInt8(ascii: ":"), from: 0) ?? line.count
    let name = line.slice(0, colon)
    let hasSpace = colon + 1 < line.count && line[colon + 1] == UInt8(ascii: " ")
    let value = line.slice(colon + (hasSpace ? 2 : 1), line.count)
    if name.equals("data") {
      if hasData { try data.append(UInt8(ascii: "\n")) }
      try data.append(value)
      hasData = true
    } else if name.equals("event") {
      type.removeAll()
      try type.append(value)
    } else if name.equals("id") {
      if value.firstIndex(of: 0, from: 0) == nil {
        lastEventID.removeAll()
        try lastEventID.append(value)
        idCount &+= 1
      }
    }
    return nil
  }

  package func addMemory(to prefetchList: PrefetchList) {
    prefetchList.add(self)
    input.addMemory(to: prefetchList, last: 512)
  }

  private func event(isOpen: Bool) -> Event {
    hasData = false
    dispatched = true
    return Event(data: data.bytes, type: type.bytes, isOpen: isOpen)
  }

  private func clearDispatched() {
    guard dispatched else { return }
    dispatched = false
    data.shrink(keeping: Self.dataKept)
    type.removeAll()
  }
}
