/// Reads events by template instead of parsing them.
extension CompletionBuilder {
  /// Adds the event that `text`, as received, begins with, if the event is complete and matches a known template.
  /// Returns its length, including its blank line; nil: it has to be parsed. The event gives `chunk`; if it contains
  /// usage, it gives a second chunk, and both are in `chunks`.
  @inline(__always)
  package func add(
    matching text: Bytes, avoiding secret: Bytes, _ chunk: inout Chunk
  ) throws(Failure) -> (length: Int, hasUsage: Bool)? {
    // An event that may exceed a limit is parsed: the parser keeps nothing of an event that it refuses.
    guard let (template, length) = templates.find(text), length &- 2 <= limits.eventBytes, merger.hasRoom(length)
    else { return nil }
    var failure: Failure?
    var hasUsage = false
    let isAdded = template._withUnsafeGuaranteedRef { template in
      do throws(Failure) {
        let added = try template.apply(&merger, avoiding: secret)
        if added.isEmpty { return false }
        if template.hasSpans { try keepSpans(of: template) }
        chunk.kind = template.kind
        chunk.choice = template.choice
        chunk.text = added
        chunk.toolCall = template.toolCall
        chunk.toolCallID = .empty
        chunk.toolCallName = .empty
        chunk.finishReason = .none
        chunk.isTextOnly = template.isTextOnly
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

  @inline(never)
  private func keepSpans(of template: EventTemplate) throws(Failure) { try template.keepSpans(&merger, spareUsage) }

  /// The event gives two chunks, which are in `chunks`.
  @inline(never)
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
