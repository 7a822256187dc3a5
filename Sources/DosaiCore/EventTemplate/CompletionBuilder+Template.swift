/// Reads events by template instead of parsing them.
extension CompletionBuilder {
  /// Sets what a chunk has, besides its text, if the next event matches the template that is next. False: there is none
  /// that has no slot but the text.
  @inline(__always)
  package func describeNext(_ chunk: inout Chunk) -> Bool {
    guard let next = templates.next, next._withUnsafeGuaranteedRef({ $0.plain != nil }) else { return false }
    next._withUnsafeGuaranteedRef { $0.describe(&chunk) }
    return true
  }

  /// Adds one event of the parser after the other that is complete and matches the template that is next, if that has
  /// no slot but its text, until `deliver` returns false. It gets the event's beginning, the length of its JSON, and
  /// its text. False: none matched.
  @inline(__always)
  package func addPlain(
    from parser: EventParser, avoiding secret: Bytes, _ deliver: (UnsafePointer<UInt8>, Int, Bytes) -> Bool
  ) -> Bool {
    guard let (first, end) = parser.ahead, let next = templates.next,
      let plain = next._withUnsafeGuaranteedRef({ $0.plain })
    else { return false }
    var room = merger.room
    let lengthMax = limits.eventBytes
    var start = first
    var goesOn = true
    while goesOn, let match = plain.match(UnsafePointer(start), UnsafePointer(end)) {
      let length = match.textEnd - UnsafePointer(start) &+ (plain.tail &- 2)
      guard length <= lengthMax, length < room &- 1,
        let added = plain.add(UnsafePointer(start + plain.head), match.textEnd, isEscaped: match.isEscaped, secret)
      else { break }
      room = room &- added.count
      start[length] = 0
      goesOn = deliver(UnsafePointer(start), length, added)
      start += length &+ 2
    }
    if start == first { return false }
    merger.room = room
    parser.skip(start - first)
    templates.note(next)
    return true
  }

  /// Adds the event that `text`, as received, begins with, if the event is complete and matches a known template.
  /// Returns its length, including its blank line; nil: it has to be parsed. The event gives `chunk`; if it contains
  /// usage, it gives a second chunk, and both are in `chunks`.
  @inline(__always)
  package func add(
    matching text: Bytes, avoiding secret: Bytes, _ chunk: inout Chunk
  ) throws(Failure) -> (length: Int, hasUsage: Bool)? {
    // An event that may exceed a limit is parsed: the parser keeps nothing of an event that it refuses.
    guard let (found, length) = templates.find(text), length &- 2 <= limits.eventBytes, merger.hasRoom(length)
    else { return nil }
    var failure: Failure?
    var hasUsage = false
    let isAdded = found._withUnsafeGuaranteedRef { template in
      do throws(Failure) {
        let added = try template.apply(&merger, avoiding: secret)
        if added.isEmpty { return false }
        if template.hasSpans { try template.keepSpans(&merger, spareUsage) }
        template.describe(&chunk)
        chunk.text = added
        hasUsage = template.hasUsage
        if hasUsage { add(template.usage, after: chunk) }
        return true
      } catch {
        failure = error
        return false
      }
    }
    if let failure { throw failure }
    return isAdded ? (length, hasUsage) : nil
  }

  /// The event gives two chunks, which are in `chunks`.
  private func add(_ usage: Usage, after chunk: Chunk) {
    self.usage = usage
    turnUsage()
    events += 1
    quirks.insert(.usageRepeated)
    chunks.removeAll(keepingCapacity: true)
    chunks.append(chunk)
    chunks.append(Chunk(.usage))
  }

  /// Makes a template from the event that was added last, if one can be made. `event` is its text as received.
  package func makeTemplate(from event: Bytes) throws(Failure) {
    guard chunks.count == 1 || chunks.count == 2 && chunks[1].kind == .usage, templates.isWanted else { return }
    var maker = EventTemplateMaker(event, self)
    if let template = try maker.make() { try templates.add(template) }
  }

  package func addMemory(to prefetchList: PrefetchList) {
    prefetchList.add(self)
    templates.addMemory(to: prefetchList)
  }
}
