/// Reading events by their shape.
extension Assembler {
  /// Adds the event that begins at `start` if it has come whole and has the shape of one before it, and makes its one
  /// chunk; with its field's name it is within the limit. Where it ends, without its blank line; -1: it has to be parsed.
  package func add(shaped text: Bytes, from start: Int, avoiding secret: Bytes, _ chunk: inout Chunk) throws(Failure)
    -> Int
  {
    guard let (shape, end) = shapes.find(text, from: start), end - start <= limits.eventBytes - 6 else { return -1 }
    var failure: Failure?
    let isTaken = shape._withUnsafeGuaranteedRef { shape in
      do throws(Failure) {
        guard let added = try shape.take(text, &merger, avoiding: secret) else { return false }
        chunk.kind = shape.kind
        chunk.choice = shape.choice
        chunk.text = added
        chunk.toolCall = shape.toolCall
        chunk.toolCallID = nil
        chunk.toolCallName = nil
        return true
      } catch {
        failure = error
        return false
      }
    }
    if let failure { throw failure }
    return isTaken ? end : -1
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
