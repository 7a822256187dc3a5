import CSystem
import DosaiCore

extension Failure {
  package static var noDescriptor: Failure { Failure(.resource, "no file descriptor is free") }
}

#if !KQUEUE
  /// Waits for sockets, tokens, a wake-up and a time. For a loop, it is an epoll set with a timer: a host can poll it, and
  /// sockets that wait cost nothing. For a call that blocks, it is a list for poll, which needs no descriptor of its own but
  /// to be woken: a host may have a thread for each call.
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

    /// The epoll set; -1: it is a list.
    let descriptor: Int32
    private let timer: Int32
    private var wakeup: Wakeup?
    private var list: [pollfd] = []
    private var listedToken: Int32 = -1
    private let events: UnsafeMutablePointer<epoll_event>?
    private var armed = Clocks.never
    private(set) var count = 0  // events that the last wait found
    private var position = 0  // of the event that `next` returns

    /// RESOURCE: no descriptor is free.
    init(forLoop isSet: Bool) throws(Failure) {
      descriptor = isSet ? epoll_create1(Int32(EPOLL_CLOEXEC)) : -1
      timer = isSet ? timerfd_create(CLOCK_MONOTONIC, Int32(TFD_NONBLOCK) | Int32(TFD_CLOEXEC)) : -1
      events = try? allocate(Self.eventsMax)
      if events == nil { throw .outOfMemory }
      if isSet && (descriptor < 0 || timer < 0 || !add(timer) || !makeWakeable()) { throw .noDescriptor }
    }

    private var isList: Bool { descriptor < 0 }

    deinit {
      closeAll()
      events?.deallocate()
    }

    private func closeAll() {
      if descriptor >= 0 { close(descriptor) }
      if timer >= 0 { close(timer) }
      wakeup?.shut()
    }

    private func add(_ source: Int32, flag: UInt64 = 0) -> Bool {
      control(EPOLL_CTL_ADD, source, UInt32(csystem_in), flag)
    }

    private func control(_ operation: Int32, _ source: Int32, _ wanted: UInt32, _ flag: UInt64 = 0) -> Bool {
      if isList { return edit(operation, source, wanted) }
      var event = epoll_event()
      event.events = wanted
      event.data.u64 = UInt64(UInt32(bitPattern: source)) | flag
      return epoll_ctl(descriptor, operation, source, &event) == 0
    }

    /// What epoll_ctl does, in the list.
    private func edit(_ operation: Int32, _ source: Int32, _ wanted: UInt32) -> Bool {
      let known = list.firstIndex { $0.fd == source }
      guard (known == nil) == (operation == EPOLL_CTL_ADD) else { return false }
      if let known { list.remove(at: known) }
      if operation == EPOLL_CTL_DEL { return true }
      list.append(pollfd(fd: source, events: Int16(truncatingIfNeeded: wanted), revents: 0))
      return true
    }

    /// Watches a socket from now on. `isKnown`: libcurl had it watched before.
    func watch(_ socket: Int32, readable: Bool, writable: Bool, isKnown: Bool) {
      let wanted = (readable ? UInt32(csystem_in) : 0) | (writable ? UInt32(csystem_out) : 0)
      if isKnown && control(EPOLL_CTL_MOD, socket, wanted) || control(EPOLL_CTL_ADD, socket, wanted) { return }
      _ = control(EPOLL_CTL_MOD, socket, wanted)
    }

    func forget(_ source: Int32) {
      if source == listedToken { listedToken = -1 }
      _ = control(EPOLL_CTL_DEL, source, 0)
    }

    /// The socket is about to be closed. An epoll set notices that itself.
    func closing(_ socket: Int32) { if isList { forget(socket) } }

    func watch(token: Int32) -> Bool {
      if isList { listedToken = token }
      return add(token, flag: Self.tokenFlag)
    }

    /// Makes the timer fire at the deadline, in monotonic nanoseconds, or earlier. A list has none.
    func arm(_ deadline: Int64) {
      guard deadline < armed, !isList else { return }
      armed = deadline
      var time = itimerspec()
      let at = max(deadline, 1)
      time.it_value.tv_sec = Int(clamping: at / 1_000_000_000)  // on 32 bits it may fire earlier
      time.it_value.tv_nsec = Int(at % 1_000_000_000)
      timerfd_settime(timer, Int32(TFD_TIMER_ABSTIME), &time, nil)
    }

    /// From now on, `wake` ends a wait, which in a list takes a descriptor. False: none is free.
    func makeWakeable() -> Bool {
      if wakeup != nil { return true }
      let made = Wakeup()
      guard made.descriptor >= 0 else { return false }
      wakeup = made
      return add(made.descriptor)
    }

    /// May be called by any thread and by a signal handler.
    func wake() { wakeup?.signal() }

    func unwake() { if let wakeup, wakeup.clear() > 1 { wakeup.signal() } }

    /// Waits for events, which `next` then returns: an epoll set until there is one, unless `nanoseconds` is 0; a list at
    /// most so long. False: a signal came.
    func wait(_ nanoseconds: Int64) -> Bool {
      position = 0
      count = 0
      guard let events else { return true }
      let found =
        isList
        ? csystem_poll(&list, list.count, nanoseconds)
        : epoll_wait(descriptor, events, Int32(Self.eventsMax), nanoseconds == 0 ? 0 : -1)
      if found < 0 { return csystem_errno() != EINTR }
      count = Int(found)
      if isList { takeReady(events) }
      return true
    }

    /// Makes events of what poll has found.
    private func takeReady(_ events: UnsafeMutablePointer<epoll_event>) {
      guard count > 0 else { return }
      count = 0
      for entry in list where entry.revents != 0 && count < Self.eventsMax {
        events[count].events = UInt32(UInt16(bitPattern: entry.revents))
        events[count].data.u64 = UInt64(UInt32(bitPattern: entry.fd)) | (entry.fd == listedToken ? Self.tokenFlag : 0)
        count += 1
      }
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
      if let wakeup, source == wakeup.descriptor {
        _ = wakeup.clear()
        return .wake
      }
      // Where neither is set, as after an error, libcurl looks itself.
      return .socket(
        source, readable: happened & UInt32(csystem_in) != 0, writable: happened & UInt32(csystem_out) != 0,
        next: hasMore ? Int32(truncatingIfNeeded: events[position].data.u64) : -1)
    }
  }
#endif
