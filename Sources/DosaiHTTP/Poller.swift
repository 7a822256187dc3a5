import CSystem
import DosaiCore

extension Failure {
  package static var noDescriptor: Failure { Failure(.resource, "no file descriptor is free") }
}

/// An epoll set that contains a timer and a wake-up. All code that works only on Linux is here and in Wakeup.
final class Poller {
  /// What an event is about.
  enum Source {
    /// `next`: the socket of the event after it; -1: none.
    case socket(Int32, readable: Bool, writable: Bool, next: Int32)
    /// It was set to this time.
    case timer(Int64)
    case wake
    case token(Int32)
  }

  static let eventsMax = 64
  private static let tokenFlag: UInt64 = 1 << 32

  let descriptor: Int32
  private let timer: Int32
  private let wakeup = Wakeup()
  private let events: UnsafeMutablePointer<epoll_event>?
  private var armed = Clocks.never
  private(set) var count = 0  // events that the last wait found
  private var position = 0  // of the event that `next` returns

  /// RESOURCE: no descriptor is free.
  init() throws(Failure) {
    descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
    timer = timerfd_create(CLOCK_MONOTONIC, Int32(TFD_NONBLOCK) | Int32(TFD_CLOEXEC))
    events = try? allocate(Self.eventsMax)
    if events == nil { throw .outOfMemory }
    if descriptor < 0 || timer < 0 || wakeup.descriptor < 0 || !add(timer) || !add(wakeup.descriptor) {
      throw .noDescriptor
    }
  }

  deinit {
    closeAll()
    events?.deallocate()
  }

  private func closeAll() {
    if descriptor >= 0 { close(descriptor) }
    if timer >= 0 { close(timer) }
    wakeup.shut()
  }

  private func add(_ source: Int32, flag: UInt64 = 0) -> Bool {
    control(EPOLL_CTL_ADD, source, UInt32(csystem_in), flag)
  }

  private func control(_ operation: Int32, _ source: Int32, _ wanted: UInt32, _ flag: UInt64 = 0) -> Bool {
    var event = epoll_event()
    event.events = wanted
    event.data.u64 = UInt64(UInt32(bitPattern: source)) | flag
    return epoll_ctl(descriptor, operation, source, &event) == 0
  }

  /// Watches a socket from now on. `isKnown`: libcurl had it watched before.
  func watch(_ socket: Int32, readable: Bool, writable: Bool, isKnown: Bool) {
    let wanted = (readable ? UInt32(csystem_in) : 0) | (writable ? UInt32(csystem_out) : 0)
    if isKnown && control(EPOLL_CTL_MOD, socket, wanted) || control(EPOLL_CTL_ADD, socket, wanted) { return }
    _ = control(EPOLL_CTL_MOD, socket, wanted)
  }

  func forget(_ socket: Int32) { _ = control(EPOLL_CTL_DEL, socket, 0) }

  func watch(token: Int32) -> Bool { add(token, flag: Self.tokenFlag) }

  /// Makes the timer fire at the deadline, in monotonic nanoseconds, or earlier.
  func arm(_ deadline: Int64) {
    guard deadline < armed else { return }
    armed = deadline
    var time = itimerspec()
    let at = max(deadline, 1)
    time.it_value.tv_sec = Int(clamping: at / 1_000_000_000)  // on 32 bits it may fire earlier
    time.it_value.tv_nsec = Int(at % 1_000_000_000)
    timerfd_settime(timer, Int32(TFD_TIMER_ABSTIME), &time, nil)
  }

  /// May be called by any thread and by a signal handler.
  func wake() { wakeup.signal() }

  func unwake() { if wakeup.clear() > 1 { wakeup.signal() } }

  /// Waits up to `milliseconds` (-1: without limit) for events, which `next` then returns. False: a signal came.
  func wait(_ milliseconds: Int32) -> Bool {
    position = 0
    count = 0
    guard let events else { return true }
    let found = epoll_wait(descriptor, events, Int32(Self.eventsMax), milliseconds)
    if found < 0 { return csystem_errno() != EINTR }
    count = Int(found)
    return true
  }

  /// Whether `next` has not yet returned all events of the last wait.
  var hasMore: Bool { position < count }

  /// Drops the events that `next` has not returned; the next wait finds them again.
  func drop() { count = 0 }

  /// The next event of the last wait.
  func next() -> Source? {
    guard let events, hasMore else { return nil }
    let data = events[position].data.u64
    let happened = events[position].events
    position += 1
    let source = Int32(truncatingIfNeeded: data)
    var value: UInt64 = 0
    if data & Self.tokenFlag != 0 { return .token(source) }
    if source == timer {
      _ = read(timer, &value, 8)
      defer { armed = Clocks.never }
      return .timer(armed)
    }
    if source == wakeup.descriptor {
      _ = wakeup.clear()
      return .wake
    }
    let failed = happened & (UInt32(csystem_error) | UInt32(csystem_hang_up)) != 0
    return .socket(
      source, readable: failed || happened & UInt32(csystem_in) != 0,
      writable: failed || happened & UInt32(csystem_out) != 0,
      next: hasMore ? Int32(truncatingIfNeeded: events[position].data.u64) : -1)
  }
}
