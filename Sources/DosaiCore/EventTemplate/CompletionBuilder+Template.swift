/// Reads events by template instead of parsing them.
extension CompletionBuilder {
  /// Whether the template that is next has no slot but its text.
  @inline(__always)
  package var awaitsPlain: Bool { templates.next.map { $0._withUnsafeGuaranteedRef { $0.plain != nil } } ?? false }

  /// Adds the next event of the parser, if it is complete and matches the template that is next, and if that has no slot
  /// but its text. Returns where the event begins and how many bytes it has; nil: it was not added.
  @inline(__always)
  package func addPlain(from parser: EventParser, _ chunk: inout Chunk) -> (UnsafePointer<UInt8>, Int)? {
    guard let next = templates.next, let (first, end) = parser.ahead else { return nil }
    return next._withUnsafeGuaranteedRef { template in
      guard parser.hasKnownHead || template.matchesHead(first, end) else { return nil }
      let short = addShort(template, first, parser, &chunk) { textEnd, length in
        length <= lengthMax && template.matchesTail(textEnd, end)
      }
      let quick = short ?? addDecoded(template, first, end, parser, &chunk) { template.matchesTail($0, end) }
      guard let length = quick ?? addLong(template, first, end, parser, &chunk) else { return nil }
      templates.note(next)
      template.describe(&chunk)
      if quick != nil, template.follower?.toOpaque() == next.toOpaque(), template.matchesHead(first + length, end) {
        parser.noteKnownHead()
      }
      return (UnsafePointer(first), length)
    }
  }

  /// As `addPlain`, for an event whose head is known; `isDecoded`: for most texts with escapes or beyond ASCII, else for
  /// short ones. nil also if the next one's head would not be known then.
  @inline(__always)
  package func addRepeated(
    from parser: EventParser, _ chunk: inout Chunk, isDecoded: Bool
  ) -> (UnsafePointer<UInt8>, Int)? {
    guard let next = templates.next, let (first, end) = parser.knownAhead else { return nil }
    return next._withUnsafeGuaranteedRef { template in
      let length =
        isDecoded
        ? addDecoded(template, first, end, parser, &chunk) { template.matchesTailAndHead($0, end) }
        : addShort(template, first, parser, &chunk) { textEnd, _ in template.matchesTailAndHead(textEnd, end) }
      guard let length else { return nil }
      parser.noteKnownHead()
      return (UnsafePointer(first), length)
    }
  }

  /// Adds the event from `first` on, whose head was compared, if its text is short. Returns its length; nil: it was not
  /// added. An event that may exceed a limit is parsed: the parser keeps nothing of an event that it refuses.
  @inline(__always)
  private func addShort(
    _ template: EventTemplate, _ first: UnsafeMutablePointer<UInt8>, _ parser: EventParser, _ chunk: inout Chunk,
    matches: (_ textEnd: UnsafePointer<UInt8>, _ length: Int) -> Bool
  ) -> Int? {
    let text = UnsafePointer(first + template.head)
    let textEnd = Text.shortEnd(text)
    let length = textEnd - UnsafePointer(first) &+ template.tail
    guard textEnd > text, textEnd.pointee == UInt8(ascii: "\""), length <= merger.room, matches(textEnd, length),
      let added = template.addShort(text, textEnd - text, secret)
    else { return nil }
    take(Bytes(start: added, count: textEnd - text), first, length, parser, &chunk)
    return length
  }

  /// As `addShort`, for most texts with escapes or beyond ASCII.
  @inline(__always)
  private func addDecoded(
    _ template: EventTemplate, _ first: UnsafeMutablePointer<UInt8>, _ end: UnsafeMutablePointer<UInt8>,
    _ parser: EventParser, _ chunk: inout Chunk, matches: (_ textEnd: UnsafePointer<UInt8>) -> Bool
  ) -> Int? {
    let decoded = template.addDecoded(first + template.head, end) { textEnd, text in
      textEnd - UnsafePointer(first) &+ template.tail <= min(merger.room, lengthMax) && matches(textEnd)
        && (text.count < secret.shortMax || !Secret.isWritten(secret.bytes, in: text))
    }
    return decoded.map { take($0.added, template, first, $0.textEnd, parser, &chunk) }
  }

  /// As `addShort`, for any text.
  @inline(__always)
  private func addLong(
    _ template: EventTemplate, _ first: UnsafeMutablePointer<UInt8>, _ end: UnsafeMutablePointer<UInt8>,
    _ parser: EventParser, _ chunk: inout Chunk
  ) -> Int? {
    let long = template.addLong(first + template.head, end, room: room(template), secret.bytes)
    return long.map { take($0.added, template, first, $0.textEnd, parser, &chunk) }
  }

  /// How many bytes the text may have.
  @inline(__always)
  private func room(_ template: EventTemplate) -> Int {
    min(merger.room, lengthMax) &- template.head &- template.tail
  }

  @inline(__always)
  private func take(
    _ added: Bytes, _ template: EventTemplate, _ first: UnsafeMutablePointer<UInt8>, _ textEnd: UnsafePointer<UInt8>,
    _ parser: EventParser, _ chunk: inout Chunk
  ) -> Int {
    let length = textEnd - UnsafePointer(first) &+ template.tail
    take(added, first, length, parser, &chunk)
    return length
  }

  @inline(__always)
  private func take(
    _ added: Bytes, _ first: UnsafeMutablePointer<UInt8>, _ length: Int, _ parser: EventParser, _ chunk: inout Chunk
  ) {
    merger.take(added.count)
    first[length &- 2] = 0
    parser.skip(length)
    chunk.text = added
  }

  /// Adds the event that `text`, as received, begins with, if the event is complete and matches a known template.
  /// Returns its length, including its blank line; nil: it has to be parsed. The event gives `chunk`; if it contains
  /// usage, it gives a second chunk, and both are in `chunks`, without the text.
  @inline(always)
  package func add(
    matching text: Bytes, _ chunk: inout Chunk
  ) throws(Failure) -> (length: Int, hasUsage: Bool)? {
    guard let (found, length) = templates.find(text), length <= merger.room, length <= lengthMax
    else { return nil }
    guard let hasUsage = found._withUnsafeGuaranteedRef({ add($0, &chunk) }) else {
      if let failure { throw failure }
      return nil
    }
    return (length, hasUsage)
  }

  /// Adds the event that the template has matched, and returns whether it gives a second chunk; nil: it was not added,
  /// and may have failed.
  @inline(always)
  private func add(_ template: EventTemplate, _ chunk: inout Chunk) -> Bool? {
    guard let added = template.addText(&merger, avoiding: secret) else { return nil }
    do throws(Failure) { try template.addRest(&merger, Unmanaged.passUnretained(spareUsage)) } catch {
      failure = error
      return nil
    }
    template.describe(&chunk)
    chunk.text = added
    if template.hasUsage {
      chunk.shown &= ~1
      addUsage(of: template)
    }
    return template.hasUsage
  }

  @inline(always)
  private func addUsage(of template: EventTemplate) {
    usage = template.usage
    turnUsage()
    events = events &+ 1
    quirks.insert(.usageRepeated)
    if chunks.count != 2 || chunks[0].template != template.number { setChunks(template) }
  }

  @inline(never)
  private func setChunks(_ template: EventTemplate) {
    chunks = [Chunk(.other), Chunk(.usage)]
    template.describe(&chunks[0])
  }

  /// Makes a template from the event that was added last, if one can be made. `event` is its text as received.
  package func makeTemplate(from event: Bytes) throws(Failure) {
    guard let first = chunks.first, chunks.count == 1 || chunks.count == 2 && chunks[1].kind == .usage,
      first.toolCallID.isEmpty, first.toolCallName.isEmpty, templates.isWanted
    else { return }
    var maker = EventTemplateMaker(event, self)
    if let template = try maker.make() { try templates.add(template) }
  }

  package func addMemory(to prefetchList: PrefetchList) {
    prefetchList.add(self)
    templates.addMemory(to: prefetchList)
  }
}
