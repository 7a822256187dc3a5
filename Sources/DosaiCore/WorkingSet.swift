@_extern(c, "malloc_usable_size") private func c_malloc_usable_size(_ memory: UnsafeMutableRawPointer) -> Int

/// Where the memory is that the next chunk of a stream needs. Of a thousand streams none finds its own still in the
/// caches; so it is asked for just before the kernel is asked for the bytes, and comes meanwhile.
///
/// What it names is never read by it and need not be there any more.
package final class WorkingSet {
  /// Lines of the cache that follow each other: the address of the first, which is a multiple of 64, and how many.
  private var runs = InlineArray<24, UInt>(repeating: 0)
  private var count = 0

  package init() {}

  package func removeAll() { count = 0 }

  package func add(_ memory: UnsafeRawPointer?, _ size: Int) {
    let start = UInt(bitPattern: memory)
    guard count < runs.count, start > 0, size > 0 else { return }
    let lines = (start % 64 + UInt(size) + 63) / 64
    runs[count] = start - start % 64 | min(lines, 63)
    count += 1
  }

  package func add(_ object: AnyObject) {
    let start = Unmanaged.passUnretained(object).toOpaque()
    add(start, c_malloc_usable_size(start))
  }

  @inline(__always)
  package func forEachLine(_ body: (UInt) -> Void) {
    for i in 0..<count {
      for line in 0..<runs[i] % 64 { body(runs[i] & ~63 &+ line &* 64) }
    }
  }
}
