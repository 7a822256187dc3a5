/// When an element of a heap is due.
package final class Deadline {
  /// `Clocks.never`: it stands in no heap.
  package fileprivate(set) var time = Clocks.never
  fileprivate var place = -1

  package init() {}
}

/// What is due when, the earliest first: a binary heap. Each element has a deadline of its own.
package struct DeadlineHeap<Element> {
  private typealias Entry = (deadline: Deadline, element: Element)
  private var entries: [Entry] = []

  package init() {}

  /// The earliest time.
  package var first: Int64? { entries.first?.deadline.time }

  package var firstElement: Element? { entries.first?.element }

  package func forEach(_ body: (Element) -> Void) { for entry in entries { body(entry.element) } }

  /// The element is due at this time, and no more at another.
  package mutating func insert(_ time: Int64, _ deadline: Deadline, _ element: Element) {
    deadline.time = time
    if deadline.place < 0 {
      deadline.place = entries.count
      entries.append((deadline, element))
    }
    settle((deadline, element), at: deadline.place)
  }

  package mutating func remove(_ deadline: Deadline) {
    let place = deadline.place
    guard place >= 0, let last = entries.popLast() else { return }
    deadline.place = -1
    deadline.time = Clocks.never
    if place < entries.count { settle(last, at: place) }
  }

  /// The earliest, if it is due by then.
  package mutating func popFirst(until time: Int64) -> Element? {
    guard let first = entries.first, first.deadline.time <= time else { return nil }
    remove(first.deadline)
    return first.element
  }

  /// Finds the place of the entry, from a free one.
  private mutating func settle(_ entry: Entry, at start: Int) {
    let time = entry.deadline.time
    var at = start
    while at > 0, time < entries[(at - 1) / 2].deadline.time {
      put(entries[(at - 1) / 2], at: at)
      at = (at - 1) / 2
    }
    while true {
      var child = 2 * at + 1
      if child + 1 < entries.count, entries[child + 1].deadline.time < entries[child].deadline.time { child += 1 }
      guard child < entries.count, entries[child].deadline.time < time else { return put(entry, at: at) }
      put(entries[child], at: at)
      at = child
    }
  }

  private mutating func put(_ entry: Entry, at place: Int) {
    entries[place] = entry
    entry.deadline.place = place
  }
}
