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
        let room = room &- template.head &- template.tail
        guard
          let long = template.addDecoded(text, end, room: room, secret.bytes)
            ?? template.addLong(text, end, room: room, secret.bytes)
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
    guard let hasUsage = found._withUnsafeGuaranteedRef({ add($0, &chunk) }) else {
      if let failure { throw failure }
      return nil
    }
    return (length, hasUsage)
  }

  /// Adds the event that the template has matched, and returns whether it gives a second chunk; nil: it was not added,
  /// and may have failed.
  @inline(__always)
  private func add(_ template: EventTemplate, _ chunk: inout Chunk) -> Bool? {
    guard let added = template.addText(&merger, avoiding: secret) else { return nil }
    if template.hasRest {
      do throws(Failure) { try template.addRest(&merger, spareUsage) } catch {
        failure = error
        return nil
      }
    }
    template.describe(&chunk)
    chunk.text = added
    if template.hasUsage { add(template.usage, after: chunk) }
    return template.hasUsage
  }

  /// The event gives two chunks, which are in `chunks`.
  private func add(_ usage: Usage, after chunk: Chunk) {
    self.usage = usage
    turnUsage()
    events += 1
    quirks.insert(.usageRepeated)
    if chunks.count != 2 { chunks = [chunk, chunk] }
    chunks.withUnsafeMutableBufferPointer {
      $0[0] = chunk
      $0[1] = Chunk(.usage)
    }
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
