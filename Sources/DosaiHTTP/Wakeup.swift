import CSystem

#if !KQUEUE
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
#else
  /// A descriptor that any thread, and a signal handler, can make readable: the end of a pipe.
  struct Wakeup {
    /// Negative if no descriptor was free.
    let descriptor: Int32
    private let other: Int32

    init() {
      var ends: (Int32, Int32) = (-1, -1)
      let isMade = withUnsafeMutableBytes(of: &ends) {
        csystem_pipe($0.baseAddress?.assumingMemoryBound(to: Int32.self)) != 0
      }
      descriptor = isMade ? ends.0 : -1
      other = isMade ? ends.1 : -1
    }

    func signal() {
      var one: UInt8 = 1
      _ = write(other, &one, 1)
    }

    /// Makes it unreadable again. Returns how often it was signalled, as far as that fits the pipe.
    func clear() -> UInt64 {
      var total: UInt64 = 0
      var bytes: UInt64 = 0
      while true {
        let count = read(descriptor, &bytes, 8)
        if count <= 0 { return total }
        total += UInt64(count)
      }
    }

    func shut() { for end in [descriptor, other] where end >= 0 { close(end) } }
  }
#endif
