#if objectFormat(MachO)
  @_extern(c, "malloc_size") private func c_malloc_usable_size(_ memory: UnsafeMutableRawPointer) -> Int
#else
  @_extern(c, "malloc_usable_size") private func c_malloc_usable_size(_ memory: UnsafeMutableRawPointer) -> Int
#endif

/// The memory that the next chunk of a stream needs. With a thousand streams, it is no longer in the caches when the
/// chunk arrives. So it is prefetched just before the bytes are read from the kernel.
///
/// The list never reads the memory, which may have been freed.
package final class PrefetchList {
  private var count = 1
  private var age = 0  // the number of chunks since it was collected
  /// Runs of cache lines: the address of the first line, which is a multiple of 64, plus the number of lines. The first
  /// run is where the stream's text continues.
  private var runs = InlineArray<24, UInt>(repeating: 0)

  package init() {}

  /// A chunk has arrived, after which the text continues at `end`. True: the rest should be collected again; it seldom
  /// changes.
  package func note(_ end: UnsafePointer<UInt8>?) -> Bool {
    runs[0] = end == nil ? 0 : Self.run(UInt(bitPattern: end), 64)
    age = age &+ 1
    if count > 1 && age < 16 { return false }
    count = 1
    age = 0
    return true
  }

  package func add(_ memory: UnsafeRawPointer?, _ size: Int) {
    let start = UInt(bitPattern: memory)
    guard count < runs.count, start > 0, size > 0 else { return }
    runs[count] = Self.run(start, UInt(size))
    count += 1
  }

  private static func run(_ start: UInt, _ size: UInt) -> UInt {
    let lines = (start % 64 + size + 63) / 64
    return start - start % 64 | min(lines, 63)
  }

  package func add(_ object: AnyObject) {
    let start = Unmanaged.passUnretained(object).toOpaque()
    add(start, c_malloc_usable_size(start))
  }

  /// Visits the lines of the list itself, so that they can be prefetched before they are read.
  package static func forEachLine(of list: Unmanaged<PrefetchList>, _ body: (UInt) -> Void) {
    for line in 0..<4 { body(UInt(bitPattern: list.toOpaque()) &+ UInt(line) &* 64) }
  }

  @inline(__always)
  package func forEachLine(_ body: (UInt) -> Void) {
    for i in 0..<count {
      for line in 0..<runs[i] % 64 { body(runs[i] & ~63 &+ line &* 64) }
    }
  }
}
