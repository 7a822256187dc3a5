/// The shapes of a stream's events, by which most are read without being parsed.
final class EventTemplateCache {
  private static let shapesMost = 8

  private var shapes: UnsafeMutablePointer<Unmanaged<EventTemplate>>?
  private var count = 0
  private var last = 0  // the place of the shape that was found or made last
  private var oldest = 0
  private var unused = 0  // shapes made since one was found

  deinit {
    removeAll()
    shapes?.deallocate()
  }

  /// The shape of the event that `text` begins with, and the event's length; nil: none is known, or it has not come whole.
  @inline(__always)
  func find(_ text: Bytes) -> (shape: Unmanaged<EventTemplate>, length: Int)? {
    guard count > 0, let shapes else { return nil }
    // Events of one choice follow each other, those of several take turns.
    let next = shapes[last]._withUnsafeGuaranteedRef { $0.follower }
    let length = shapes[next]._withUnsafeGuaranteedRef { $0.match(text) }
    if length < 0 { return search(text) }
    last = next
    unused = 0
    return (shapes[next], length)
  }

  @inline(never)
  private func search(_ text: Bytes) -> (shape: Unmanaged<EventTemplate>, length: Int)? {
    guard let shapes else { return nil }
    for i in 0..<count {
      let length = shapes[i]._withUnsafeGuaranteedRef { $0.match(text) }
      if length < 0 { continue }
      shapes[last]._withUnsafeGuaranteedRef { $0.follower = i }
      last = i
      unused = 0
      return (shapes[i], length)
    }
    return nil
  }

  func join(_ set: PrefetchList) {
    guard count > 0, let shapes else { return }
    set.add(self)
    set.add(shapes, Self.shapesMost * 8)
    shapes[last]._withUnsafeGuaranteedRef { $0.join(set) }
  }

  func removeAll() {
    if let shapes { for i in 0..<count { shapes[i].release() } }
    count = 0
    last = 0
    oldest = 0
  }

  /// Whether a shape is worth being made: where none of many was of use, only now and then.
  var isWanted: Bool {
    unused = unused &+ 1
    return unused <= 64 || unused % 16 == 0
  }

  func add(_ shape: EventTemplate) throws(Failure) {
    let shapes: UnsafeMutablePointer<Unmanaged<EventTemplate>>
    if let known = self.shapes { shapes = known } else { shapes = try allocate(Self.shapesMost) }
    self.shapes = shapes
    let before = last
    if count < Self.shapesMost {
      last = count
      count += 1
    } else {
      last = oldest
      shapes[oldest].release()
      oldest = (oldest + 1) % Self.shapesMost
    }
    shapes[last] = Unmanaged.passRetained(shape)
    shape.follower = last
    shapes[before]._withUnsafeGuaranteedRef { $0.follower = last }
  }
}
