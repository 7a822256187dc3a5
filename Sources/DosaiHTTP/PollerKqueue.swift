import CSystem
import DosaiCore

#if KQUEUE
  /// The same with kqueue, for macOS and the BSDs. It is compiled by the tests, but was never run.
  final class Poller {
    enum Source {
      case socket(Int32, readable: Bool, writable: Bool, next: Int32)
      case timer(Int64)
      case wake
      case token(Int32)
    }

    /// What is kept with a filter.
    private enum Kind: Int { case socket, token, timer, wake }

    static let eventsMax = 64

    let descriptor = csystem_descriptor()
    private let process = ProcessState.id
    private let wakeup = Wakeup()
    private let events: UnsafeMutablePointer<kevent>?
    private var armed = Clocks.never
    private(set) var count = 0
    private var position = 0

    /// RESOURCE: no descriptor is free.
    init(forLoop: Bool) throws(Failure) {
      events = try? allocate(Self.eventsMax)
      if events == nil { throw .outOfMemory }
      if descriptor < 0 || wakeup.descriptor < 0 || !change(wakeup.descriptor, EVFILT_READ, EV_ADD, .wake) {
        throw .noDescriptor
      }
    }

    deinit {
      if descriptor >= 0 && process == ProcessState.id { close(descriptor) }  // a forked child does not have it
      wakeup.shut()
      events?.deallocate()
    }

    @discardableResult private func change(
      _ source: Int32, _ filter: Int32, _ action: Int32, _ kind: Kind, _ options: UInt32 = 0, _ nanoseconds: Int64 = 0
    ) -> Bool {
      var change = kevent()
      change.ident = UInt(UInt32(bitPattern: source))
      change.filter = Int16(truncatingIfNeeded: filter)
      change.flags = UInt16(truncatingIfNeeded: action)
      change.fflags = options
      change.data = numericCast(nanoseconds)
      change.udata = UnsafeMutableRawPointer(bitPattern: kind.rawValue)
      return csystem_kevent(descriptor, &change, 1, nil, 0, -1) == 0
    }

    /// Watches a socket from now on. `isKnown`: libcurl had it watched before.
    func watch(_ socket: Int32, readable: Bool, writable: Bool, isKnown: Bool) {
      for (filter, isWanted) in [(EVFILT_READ, readable), (EVFILT_WRITE, writable)] {
        if isWanted || isKnown { change(socket, filter, isWanted ? EV_ADD : EV_DELETE, .socket) }
      }
    }

    func forget(_ socket: Int32) {
      for filter in [EVFILT_READ, EVFILT_WRITE] { change(socket, filter, EV_DELETE, .socket) }
    }

    /// The socket is about to be closed, which the queue notices itself.
    func closing(_ socket: Int32) {}

    func watch(token: Int32) -> Bool { change(token, EVFILT_READ, EV_ADD, .token) }

    /// Makes the timer fire at the deadline, in monotonic nanoseconds, or earlier.
    func arm(_ deadline: Int64) {
      guard deadline < armed else { return }
      armed = deadline
      change(
        0, EVFILT_TIMER, EV_ADD | EV_ONESHOT, .timer, UInt32(csystem_nanoseconds), max(deadline - csystem_now(), 1))
    }

    /// It always is.
    func makeWakeable() -> Bool { true }

    /// May be called by any thread and by a signal handler.
    func wake() { wakeup.signal() }

    func unwake() { if wakeup.clear() > 1 { wakeup.signal() } }

    /// Waits for events, which `next` then returns, until there is one, unless `nanoseconds` is 0. False: a signal came.
    func wait(_ nanoseconds: Int64) -> Bool {
      position = 0
      count = 0
      guard let events else { return true }
      let found = csystem_kevent(descriptor, nil, 0, events, Int32(Self.eventsMax), nanoseconds == 0 ? 0 : -1)
      if found < 0 { return csystem_errno() != EINTR }
      count = Int(found)
      return true
    }

    /// Whether `next` has not yet returned all events of the last wait.
    var hasMore: Bool { position < count }

    /// Drops the events that `next` has not returned; the next wait finds them again, except the timer's.
    func drop() {
      if let events, hasMore {
        for i in position..<count where Int(bitPattern: events[i].udata) == Kind.timer.rawValue {
          armed = Clocks.never
          arm(csystem_now())
        }
      }
      count = 0
    }

    /// The next event of the last wait.
    func next() -> Source? {
      guard let events, hasMore else { return nil }
      let event = events[position]
      position += 1
      let source = Int32(truncatingIfNeeded: event.ident)
      switch Kind(rawValue: Int(bitPattern: event.udata)) {
      case .token: return .token(source)
      case .timer:
        defer { armed = Clocks.never }
        return .timer(armed)
      case .wake:
        _ = wakeup.clear()
        return .wake
      case .socket, nil:
        let failed = Int32(event.flags) & (EV_ERROR | EV_EOF) != 0
        return .socket(
          source, readable: failed || Int32(event.filter) == EVFILT_READ,
          writable: failed || Int32(event.filter) == EVFILT_WRITE,
          next: hasMore ? Int32(truncatingIfNeeded: events[position].ident) : -1)
      }
    }
  }
#endif
