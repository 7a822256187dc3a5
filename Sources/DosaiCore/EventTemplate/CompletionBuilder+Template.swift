/// Reads events by template instead of parsing them.
extension CompletionBuilder {
  /// Adds the next event of the parser, if it is complete and matches the template that is next, and if that has no slot
  /// but its text. Returns where the event begins and how many bytes it has; nil: it was not added.
  @inline(__always)
  package func addPlain(from parser: EventParser, _ chunk: inout Chunk) -> (UnsafePointer<UInt8>, Int)? {
    guard let next = templates.next, let (first, end) = parser.ahead else { return nil }
    return next._withUnsafeGuaranteedRef { template in
      let start = UnsafePointer(first)
      let end = UnsafePointer(end)
      guard let text = template.plainText(start, end) else { return nil }
      // An event that may exceed a limit is parsed: the parser keeps nothing of an event that it refuses.
      let room = min(merger.room, lengthMax)
      var textEnd = Text.shortEnd(text)
      var length = textEnd - start &+ template.tail
      let added: Bytes
      if textEnd > text, textEnd.pointee == UInt8(ascii: "\""), length <= room, template.matchesTail(textEnd, end),
        let short = template.addShort(text, textEnd - text, secret)
      {
        added = Bytes(start: short, count: textEnd - text)
      } else {
        guard let long = template.addLong(text, end, room: room &- template.head &- template.tail, secret.bytes)
        else { return nil }
        (textEnd, added) = long
        length = textEnd - start &+ template.tail
      }
      merger.take(added.count)
      first[length &- 2] = 0
      parser.skip(length)
      templates.note(next)
      template.describe(&chunk)
      chunk.text = added
      return (start, length)
    }
  }

  /// Adds the event that `text`, as received, begins with, if the event is complete and matches a known template.
  /// Returns its length, including its blank line; nil: it has to be parsed. The event gives `chunk`; if it contains
  /// usage, it gives a second chunk, and both are in `chunks`.
  @inline(__always)
  package func add(
    matching text: Bytes, _ chunk: inout Chunk
  ) throws(Failure) -> (length: Int, hasUsage: Bool)? {
    guard let (found, length) = templates.find(text), length <= min(merger.room, lengthMax)
    else { return nil }
    var failure: Failure?
    var hasUsage = false
    let isAdded = found._withUnsafeGuaranteedRef { template in
      do throws(Failure) {
        let added = try template.apply(&merger, avoiding: secret.bytes)
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
