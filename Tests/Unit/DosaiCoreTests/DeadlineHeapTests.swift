import DosaiCore
import TestSupport
import Testing

struct DeadlineHeapTests {
  /// One element as the heap has it, and as a plain list has it.
  private final class Entry {
    let deadline = Deadline()
    var time: Int64?
  }

  private static let ahead: [Int64] = [.min, -1, 0, 1, .max - 1]

  /// The heap beside a list that is searched: after each operation both know the same first.
  @Test(arguments: 0..<40) func agreesWithASortedList(seed: UInt64) {
    var random = Lehmer(seed: seed)
    var heap = DeadlineHeap<Int>()
    let entries = (0..<Int.random(in: 1...60, using: &random)).map { _ in Entry() }
    let times = Bool.random(using: &random) ? 5 : 1000  // many that are equal, or few
    for _ in 0..<400 {
      let at = Int.random(in: 0..<entries.count, using: &random)
      switch Int.random(in: 0..<4, using: &random) {
      case 0, 1:  // a new one, or one that is there and becomes due earlier or later
        let isExtreme = Int.random(in: 0..<20, using: &random) == 0
        let time = isExtreme ? Self.ahead.randomElement(using: &random) : nil
        entries[at].time = time ?? Int64.random(in: 0..<Int64(times), using: &random)
        heap.insert(entries[at].time ?? 0, entries[at].deadline, at)
      case 2:  // anywhere in it, or not in it
        entries[at].time = nil
        heap.remove(entries[at].deadline)
      default:
        let bound = Int64.random(in: -1...Int64(times), using: &random)
        let first = entries.compactMap(\.time).min()
        let popped = heap.popFirst(until: bound)
        #expect((popped != nil) == (first.map { $0 <= bound } ?? false))
        if let popped {
          #expect(entries[popped].time == first)
          entries[popped].time = nil
        }
      }
      #expect(heap.first == entries.compactMap(\.time).min())
      for entry in entries { #expect(entry.deadline.time == entry.time ?? Clocks.never) }
    }
    var left: [Int64?] = []
    while let popped = heap.popFirst(until: .max) {
      left.append(entries[popped].time)
      entries[popped].time = nil
    }
    #expect(left == left.sorted { ($0 ?? .min) < ($1 ?? .min) })
    #expect(entries.allSatisfy { $0.time == nil })
  }

  @Test func anEmptyOneHasNothing() {
    var heap = DeadlineHeap<Int>()
    #expect(heap.first == nil)
    #expect(heap.popFirst(until: .max) == nil)
    heap.remove(Deadline())
    #expect(heap.first == nil)
  }

  @Test func whatIsRemovedFromTheMiddleCanComeAgain() {
    var heap = DeadlineHeap<Int>()
    let deadlines = (0..<7).map { _ in Deadline() }
    for (at, deadline) in deadlines.enumerated() { heap.insert(Int64(10 * at), deadline, at) }
    heap.remove(deadlines[3])
    #expect(deadlines[3].time == Clocks.never)
    heap.remove(deadlines[3])
    heap.insert(5, deadlines[3], 3)
    #expect(heap.popFirst(until: -1) == nil)
    #expect((0..<7).map { _ in heap.popFirst(until: 60) } == [0, 3, 1, 2, 4, 5, 6])
  }
}
