/// Reading events by their shape.
extension Assembler {
  /// Adds an event that has the shape of one before it. Its one chunk; nil: it has to be parsed.
  package func add(shaped event: Bytes, avoiding secret: Bytes) throws(Failure) -> Chunk? {
    guard let shape = shapes.find(event), let text = try shape.take(event, &merger, avoiding: secret) else { return nil }
    var chunk = Chunk(shape.kind, choice: shape.choice, text: text)
    chunk.toolCall = shape.toolCall
    return chunk
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
