/// Reading events by their shape.
extension Assembler {
  /// Adds the event that `text` begins with, as it comes on the wire, if it has come whole and has the shape of one
  /// before it, and makes its one chunk. Its length with its blank line; -1: it has to be parsed.
  @inline(__always)
  package func add(shaped text: Bytes, avoiding secret: Bytes, _ chunk: inout Chunk) throws(Failure) -> Int {
    guard let (shape, length) = shapes.find(text), length &- 2 <= limits.eventBytes else { return -1 }
    var failure: Failure?
    let isTaken = shape._withUnsafeGuaranteedRef { shape in
      do throws(Failure) {
        let added = try shape.take(&merger, avoiding: secret)
        if added.isEmpty { return false }
        chunk.kind = shape.kind
        chunk.choice = shape.choice
        chunk.text = added
        chunk.toolCall = shape.toolCall
        chunk.toolCallID = .empty
        chunk.toolCallName = .empty
        chunk.finishReason = .none
        return true
      } catch {
        failure = error
        return false
      }
    }
    if let failure { throw failure }
    return isTaken ? length : -1
  }

  /// Learns the shape of the event that was added last. `event` is its text as it came.
  package func learn(_ event: Bytes) throws(Failure) {
    guard chunks.count == 1 else { return }
    var maker = ShapeMaker(event, self)
    if let shape = try maker.make() { shapes.add(shape) }
  }

  var toolCallCount: Int {
    var count = 0
    for choice in choices { count += choice.toolCalls.count }
    return count
  }
}
