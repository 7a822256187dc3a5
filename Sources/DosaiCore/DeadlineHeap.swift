/// What is due when, the earliest first: a binary heap.
package struct DeadlineHeap<Element> {
  private var entries: [(time: Int64, element: Element)] = []

  package init() {}

  /// The earliest time.
  package var first: Int64? { entries.first?.time }

  package mutating func insert(_ time: Int64, _ element: Element) {
    entries.append((time, element))
    var at = entries.count - 1
    while at > 0, entries[at].time < entries[(at - 1) / 2].time {
      entries.swapAt(at, (at - 1) / 2)
      at = (at - 1) / 2
    }
  }

  /// The earliest entry, if it is due by then.
  package mutating func popFirst(until time: Int64) -> (time: Int64, element: Element)? {
    guard let first = entries.first, first.time <= time else { return nil }
    let last = entries.removeLast()
    if entries.isEmpty { return first }
    entries[0] = last
    var at = 0
    while true {
      var least = at
      for child in [2 * at + 1, 2 * at + 2] where child < entries.count {
        if entries[child].time < entries[least].time { least = child }
      }
      if least == at { return first }
      entries.swapAt(at, least)
      at = least
    }
  }
}
