import CSystem

/// A descriptor that any thread, and a signal handler, can make readable: an eventfd.
struct Wakeup {
  /// Negative if no descriptor was free.
  let descriptor: Int32

  init() { descriptor = eventfd(0, Int32(EFD_NONBLOCK) | Int32(EFD_CLOEXEC)) }

  func signal() {
    var one: UInt64 = 1
    _ = write(descriptor, &one, 8)
  }

  /// Makes it unreadable again. Returns how often it was signalled.
  func clear() -> UInt64 {
    var count: UInt64 = 0
    _ = read(descriptor, &count, 8)
    return count
  }

  func shut() { if descriptor >= 0 { close(descriptor) } }
}
