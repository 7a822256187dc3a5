/// Reading events by their shape.
extension CompletionBuilder {
  /// Adds the event that `text` begins with, as it comes on the wire, if it has come whole and has the shape of one
  /// before it. Its length with its blank line; nil: it has to be parsed. It gives `chunk`, and where it has usage in it
  /// a second one: both then stand in `chunks`.
  @inline(__always)
  package func add(
    shaped text: Bytes, avoiding secret: Bytes, _ chunk: inout Chunk
  ) throws(Failure) -> (length: Int, hasUsage: Bool)? {
    // What may be too much is parsed: that keeps nothing of an event which it refuses.
    guard let (shape, length) = shapes.find(text), length &- 2 <= limits.eventBytes, merger.hasRoom(length)
    else { return nil }
    var failure: Failure?
    var hasUsage = false
    let isTaken = shape._withUnsafeGuaranteedRef { shape in
      do throws(Failure) {
        let added = try shape.take(&merger, avoiding: secret)
        if added.isEmpty { return false }
        if shape.hasSpans { try keepSpans(of: shape) }
        chunk.kind = shape.kind
        chunk.choice = shape.choice
        chunk.text = added
        chunk.toolCall = shape.toolCall
        chunk.toolCallID = .empty
        chunk.toolCallName = .empty
        chunk.finishReason = .none
        hasUsage = shape.hasUsage
        if hasUsage { add(shape.usage, behind: chunk) }
        return true
      } catch {
        failure = error
        return false
      }
    }
    if let failure { throw failure }
    return isTaken ? (length, hasUsage) : nil
  }

  @inline(never)
  private func keepSpans(of shape: EventTemplate) throws(Failure) { try shape.keepSpans(&merger, spareUsage) }

  /// The event has two chunks, which stand in `chunks`.
  @inline(never)
  private func add(_ usage: Usage, behind chunk: Chunk) {
    self.usage = usage
    turnUsage()
    events += 1
    quirks.insert(.usageRepeated)
    chunks.removeAll(keepingCapacity: true)
    chunks.append(chunk)
    chunks.append(Chunk(.usage))
  }

  /// Learns the shape of the event that was added last. `event` is its text as it came.
  package func learn(_ event: Bytes) throws(Failure) {
    guard chunks.count == 1 || chunks.count == 2 && chunks[1].kind == .usage, shapes.isWanted else { return }
    var maker = EventTemplateMaker(event, self)
    if let shape = try maker.make() { try shapes.add(shape) }
  }

  package func join(_ set: PrefetchList) {
    set.add(self)
    shapes.join(set)
  }
}
