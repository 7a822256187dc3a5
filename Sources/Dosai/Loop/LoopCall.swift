import CSystem
import DosaiCore
import DosaiHTTP

/// A call in flight in a loop.
package final class LoopCall {
  package enum Command { case cancel, pause, resume }

  package let tag: UInt
  let call: Call
  let loop: Loop
  /// Events may be there: it stands in the loop's list.
  var isNoted = false
  /// Something has come since it was last looked at.
  var hasMore = false
  /// Where it stands among the calls in flight; -1: it still waits.
  var position = -1
  /// It stands in the loop's list of the calls with its token, between these two.
  private(set) var isWatched = false
  unowned(unsafe) var nextOfToken: LoopCall?
  unowned(unsafe) var previousOfToken: LoopCall?
  /// Its last event was given out.
  var isOver = false
  var isPaused = false
  /// Its place in the line of those that wait for a place, or for a connection.
  let turn = Deadline()
  var host: LoopHost?
  /// Its attempt makes a connection.
  var isMaking = false
  /// When the loop looks at its clocks next.
  let scheduled = Deadline()
  var lingersUntil: Int64 = -1

  init(_ call: Call, _ loop: Loop, tag: UInt) {
    self.call = call
    self.loop = loop
    self.tag = tag
  }

  var multi: CurlMulti { loop.multi }
  var isWaiting: Bool { position < 0 }

  /// Something has come for it.
  func note() {
    hasMore = true
    if isNoted || isOver { return }
    isNoted = true
    loop.append(noted: self)
  }

  /// The trigger of its token ends it from now on. False: no descriptor is free.
  func watchToken() -> Bool {
    if !isWatched { isWatched = loop.watchToken(of: self) }
    return isWatched
  }

  func forgetToken() {
    if isWatched { loop.forgetToken(of: self) }
    isWatched = false
  }

  /// The answer is whole, but its connection not yet at the response's end: it may have 5 ms to get there.
  func linger() {
    lingersUntil = csystem_now() + 5_000_000
    loop.schedule(self)
  }

  package var isOurs: Bool { loop.isOurs }

  /// Any thread.
  package func send(_ command: Command) { loop.take(command, for: self) }
}

extension LoopCall {
  func apply(_ command: Command) {
    guard !isOver else { return }
    switch command {
    case .cancel: cancel("cancelled by the caller")
    case .pause:
      guard !isPaused else { return }
      setPaused(true)
      if isWaiting { return }
      call.hold()
      call.isHeldBack = call.transfer != nil && !call.isHeld
    case .resume:
      guard isPaused else { return }
      setPaused(false)
      if isWaiting { return loop.startWaiting() }
      if call.isHeld { host?.hasRoom = true }
      if (call.transfer?.readyTime ?? -1) < 0 {  // the connect clock stood still
        call.attemptStarted += csystem_now() - max(call.held, call.attemptStarted)
        call.hold()
      }
      call.resume()
      call.isHeldBack = false
      _ = call.flow()
      note()
    }
  }

  private func setPaused(_ isPaused: Bool) {
    if isWaiting {
      loop.setPaused(isPaused, waiting: self)
    } else if let host {
      host.held.setPaused(isPaused, self)
    } else {
      self.isPaused = isPaused
    }
  }

  /// Also where it has ended well, but not all of it was told.
  func cancel(_ reason: StaticString) {
    call.cancel(reason)
    note()
  }

  /// When something of it must be looked at.
  var deadline: Int64 {
    if lingersUntil >= 0 { return call.multi == nil ? Clocks.never : lingersUntil }
    if call.hasEnded || isWaiting { return Clocks.never }
    if isPaused { return call.totalDeadline }
    return call.deadline
  }

  /// What was told of it so far; nil: nothing can be.
  package func completion() throws(Failure) -> Completion? { try call.takeCompletion(isTold: true) }

  /// The next event; nil: none has come.
  func nextEvent() -> LoopEvent? {
    if isOver || isWaiting && !call.hasEnded { return nil }
    endIfStopped()
    if isPaused && call.failure == nil { return nil }
    if call.nextChunk() { return LoopEvent(call: self, outcome: nil) }
    if !call.hasEnded {
      call.advance()
      if call.hasMoreChunks, call.nextChunk() { return LoopEvent(call: self, outcome: nil) }
    }
    guard call.hasEnded else { return nil }
    isOver = true
    return LoopEvent(call: self, outcome: call.outcome(wantsCompletion: true))
  }

  /// Between two events that have both come a cancel counts; and in a pause, too, as does the total clock.
  private func endIfStopped() {
    guard !call.hasEnded else { return }
    do throws(Failure) {
      try call.checkCancelled()
      if isPaused { try call.checkClocks() }
    } catch { call.end(error) }
  }
}

/// What a loop tells; lent until the next event.
package struct LoopEvent {
  package let call: LoopCall
  /// How the call ended; nil: a chunk has come.
  package let outcome: Outcome?

  package var reader: StreamReader? { call.call.stream }
}
