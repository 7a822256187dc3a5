protocol Numbered { var number: Int32 { get } }

extension Array where Element: Numbered {
  /// Sorted by number; elements with equal numbers keep their order. The standard library's sort adds 2 KB for each
  /// type.
  func ordered() -> [Element] {
    var numbers: [Int64] = []
    for i in indices { numbers.append(Int64(self[i].number) << 32 | Int64(i)) }
    if !putInOrder(&numbers) { return self }
    var ordered: [Element] = []
    for number in numbers { ordered.append(self[Int(truncatingIfNeeded: number & 0x7FFF_FFFF)]) }
    return ordered
  }
}

/// Sorts the numbers. False: they were sorted already.
@inline(never)
private func putInOrder(_ heap: inout [Int64]) -> Bool {
  var first = 1
  while first < heap.count, heap[first - 1] <= heap[first] { first += 1 }
  if first >= heap.count { return false }
  // Heapsort: each number of the first half sinks into place; then the largest is moved to the end, again and again.
  var start = heap.count / 2
  var end = heap.count
  while end > 1 {
    if start > 0 {
      start -= 1
    } else {
      end -= 1
      heap.swapAt(0, end)
    }
    var at = start
    while 2 * at + 1 < end {
      var child = 2 * at + 1
      if child + 1 < end && heap[child] < heap[child + 1] { child += 1 }
      if heap[at] >= heap[child] { break }
      heap.swapAt(at, child)
      at = child
    }
  }
  return true
}
