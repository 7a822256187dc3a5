/// When an element of a heap is due.
package final class Deadline {
  /// `Clocks.never`: it is in no heap.
  package fileprivate(set) var time = Clocks.never
  fileprivate var index = -1

  package init() {}
}

/// A binary heap of elements by the time at which they are due. Each element has its own deadline object.
package struct DeadlineHeap<Element> {
  private typealias Entry = (deadline: Deadline, element: Element)
  private var entries: [Entry] = []

  package init() {}

  /// The earliest time.
  package var first: Int64? { entries.first?.deadline.time }

  package var firstElement: Element? { entries.first?.element }

  package func forEach(_ body: (Element) -> Void) { for entry in entries { body(entry.element) } }

  /// Adds the element, or moves it to another time.
  package mutating func insert(_ time: Int64, _ deadline: Deadline, _ element: Element) {
    deadline.time = time
    if deadline.index < 0 {
      deadline.index = entries.count
      entries.append((deadline, element))
    }
    sift((deadline, element), at: deadline.index)
  }

  package mutating func remove(_ deadline: Deadline) {
    let index = deadline.index
    guard index >= 0, let last = entries.popLast() else { return }
    deadline.index = -1
    deadline.time = Clocks.never
    if index < entries.count { sift(last, at: index) }
  }

  /// Removes and returns the earliest element, if it is due by then.
  package mutating func popFirst(until time: Int64) -> Element? {
    guard let first = entries.first, first.deadline.time <= time else { return nil }
    remove(first.deadline)
    return first.element
  }

  /// Moves the entry up or down from a free position to the position where it belongs.
  private mutating func sift(_ entry: Entry, at start: Int) {
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

  private mutating func put(_ entry: Entry, at index: Int) {
    entries[index] = entry
    entry.deadline.index = index
  }
}
