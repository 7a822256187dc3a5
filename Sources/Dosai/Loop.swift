import CSystem
import DosaiCore
import DosaiHTTP

/// Many calls on one thread behind one descriptor. One thread at a time, but for `take` and `wake`.
package final class Loop {
  let engine: Engine
  private let process = Process.id
  private let inFlightMost: Int
  private var waiting = WaitingCalls()
  private var calls: [LoopCall] = []  // in flight, in no order
  private var noted: [LoopCall] = []  // those for which something may have come, from `place` on
  private var place = 0
  private var deadlines = DeadlineHeap<LoopCall>()
  private var isBusy = false

  private let mutex = Mutex()
  private var inbox: [(call: LoopCall, command: LoopCall.Command)] = []
  private var isClosed = false

  /// RESOURCE: no descriptor is free.
  package static func make(inFlightMost: Int, connectionsPerHostMost: Int) throws(Failure) -> Loop {
    try Process.start()
    let engine = try Engine.make()
    engine.setConnections(perHostMost: connectionsPerHostMost)
    return Loop(engine, inFlightMost)
  }

  private init(_ engine: Engine, _ inFlightMost: Int) {
    self.engine = engine
    self.inFlightMost = inFlightMost
  }

  /// Whether it was made by this process and not before a fork.
  package var isOurs: Bool { process == Process.id }

  /// Readable when `step` has something to do.
  package var descriptor: Int32 { engine.descriptor }

  /// Calls that are not over.
  package var active: Int { calls.count + waiting.count }

  // MARK: submitting

  /// The call starts when there is room for it; nothing of it is told in here.
  package func submitChat(
    _ client: Client, _ request: RequestText, _ settings: CallSettings, streaming: Bool, tag: UInt
  ) throws(Failure) -> LoopCall {
    let body = try request.body(streaming: streaming)
    let kind: Call.Kind = streaming ? .stream : .chat
    return add(try Call.make(client, settings, kind, path: Client.chatPath.bytes, body: body), tag)
  }

  /// A GET, or a POST of a JSON text, to a path below the base.
  package func submit(
    _ client: Client, path: Bytes, json: Buffer?, _ settings: CallSettings, tag: UInt
  ) throws(Failure) -> LoopCall {
    add(try Call.make(client, settings, .other, path: path, body: json), tag)
  }

  private func add(_ call: Call, _ tag: UInt) -> LoopCall {
    let made = LoopCall(call, self, tag: tag)
    call.watcher = made
    waiting.append(made)
    startWaiting()
    prepare()
    return made
  }

  private func startWaiting() {
    while calls.count < inFlightMost, let next = waiting.popFirst() {
      next.position = calls.count
      calls.append(next)
      next.call.begin()
      if next.call.hasEnded { next.note() }
      schedule(next)
    }
  }

  // MARK: stepping

  /// Waits until something happens, `timeout` milliseconds at most (-1: without end), and acts on it. With `onEvent` each event is told to it, and
  /// false cancels its call; without, `next` takes them. Throws BUSY inside `onEvent`, FORKED.
  package func step(timeout: Int64, onEvent: ((LoopEvent) -> Bool)?) throws(Failure) {
    try checkFree()
    isBusy = true
    defer { isBusy = false }
    readInbox()
    startWaiting()
    var deadline = Clocks.never
    if hasNoted || timeout == 0 {
      deadline = 0
    } else if timeout > 0 {
      deadline = Clocks.deadline(csystem_now(), min(timeout, Clocks.never / 1_000_000) * 1_000_000)
    }
    let pause = engine.step(until: min(deadline, deadlines.first ?? Clocks.never))
    if pause == .token || Process.isExiting { noteAll() }
    expire()
    readInbox()
    if let onEvent {
      while let event = pull() {
        let goesOn = onEvent(event)
        if !isOurs { throw Failure(.forked, "the loop was made before a fork") }
        if !goesOn { event.call.apply(.cancel) }
      }
    }
    prepare()
  }

  /// The next event that has come; nil: none has. Throws BUSY inside `onEvent`.
  package func next() throws(Failure) -> LoopEvent? {
    try checkFree()
    readInbox()
    let event = pull()
    if event == nil { prepare() }
    return event
  }

  /// BUSY inside `onEvent`.
  package func checkFree() throws(Failure) {
    if isBusy { throw Failure(.busy, "the loop is being stepped") }
  }

  /// In milliseconds, how long a host may wait before it steps: -1 without end.
  package var timeout: Int64 {
    if hasNoted { return 0 }
    let first = min(deadlines.first ?? Clocks.never, engine.deadline)
    if first == Clocks.never { return -1 }
    return max(0, (first - csystem_now() + 999_999) / 1_000_000)
  }

  private var hasNoted: Bool { place < noted.count }

  func append(noted call: LoopCall) { noted.append(call) }

  private func pull() -> LoopEvent? {
    while hasNoted {
      let call = noted[place]
      call.hasMore = false
      if let event = call.nextEvent() {
        if call.isOver { remove(call) }
        return event
      }
      if call.hasMore && !call.isOver { continue }
      place += 1
      call.isNoted = false
      schedule(call)
    }
    noted.removeAll(keepingCapacity: true)
    place = 0
    return nil
  }

  private func remove(_ call: LoopCall) {
    guard let last = calls.popLast() else { return }
    if last !== call {
      calls[call.position] = last
      last.position = call.position
    }
    startWaiting()
  }

  private func noteAll() {
    for call in calls {
      call.call.endIfCancelled()
      if call.call.hasEnded { call.note() }
    }
  }

  /// Makes the descriptor readable when there is something to do.
  private func prepare() {
    if hasNoted { engine.wake() } else { engine.prepare(until: deadlines.first ?? Clocks.never) }
  }

  // MARK: clocks

  /// Sees to it that the call is looked at when the first of its clocks runs out. One that comes to run later is
  /// found out when the earlier time has come.
  func schedule(_ call: LoopCall) {
    let deadline = call.deadline
    guard deadline < call.scheduled else { return }
    call.scheduled = deadline
    deadlines.insert(deadline, call)
  }

  private func expire() {
    let now = csystem_now()
    while let (time, call) = deadlines.popFirst(until: now) {
      guard time == call.scheduled else { continue }
      call.scheduled = Clocks.never
      if call.deadline > now {
        schedule(call)
      } else if call.isOver {
        call.call.release()
      } else {
        call.note()
      }
    }
  }

  // MARK: from other threads

  /// Any thread.
  package func wake() { engine.wake() }

  func take(_ command: LoopCall.Command, for call: LoopCall) {
    mutex.locked { if !isClosed { inbox.append((call, command)) } }
    engine.wake()
  }

  private func readInbox() {
    let taken = mutex.locked {
      let taken = inbox
      inbox = []
      return taken
    }
    for entry in taken { entry.call.apply(entry.command) }
  }

  // MARK: the end

  /// Ends each call as cancelled and tells of it. Throws BUSY inside `onEvent`.
  package func close(onEvent: ((LoopEvent) -> Bool)?) throws(Failure) {
    try checkFree()
    isBusy = true
    mutex.locked {
      isClosed = true
      inbox = []
    }
    while active > 0 {
      while let next = waiting.popFirst() {
        next.position = calls.count
        calls.append(next)
      }
      for call in calls {
        call.call.end(Failure(.cancelled, "the loop was closed"))
        call.note()
      }
      while let event = pull() { _ = onEvent?(event) }
    }
    while let (_, call) = deadlines.popFirst(until: Clocks.never) { call.call.release() }
  }
}
