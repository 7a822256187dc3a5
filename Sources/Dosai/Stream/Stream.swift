import CSystem
import DosaiCore
import DosaiHTTP
import Synchronization

/// A streaming call that is read chunk by chunk.
package final class Stream {
  package enum Next { case chunk, end, wouldBlock, failure, busy }

  private let call: Call
  private let multi: CurlMulti?  // to wake it from another thread
  private let isUsed = Atomic<Bool>(false)
  private let isClosed = Atomic<Bool>(false)

  /// Sends the request and waits until the server has accepted it.
  package static func open(_ call: Call) -> (stream: Stream?, failure: ErrorReport?) {
    call.begin()
    while !call.hasEnded && !call.isAccepted { call.turn(until: Clocks.never) }
    if let failure = call.failure, !call.hasMoreChunks { return (nil, call.report(failure)) }
    return (Stream(call), nil)
  }

  private init(_ call: Call) {
    self.call = call
    multi = call.multi
  }

  deinit { close() }

  /// Makes the next chunk current. Waits at most `timeout` nanoseconds (`Clocks.never`: as long as the clocks allow).
  package func next(timeout: Int64) -> Next {
    if isUsed.exchange(true, ordering: .acquiring) { return .busy }
    defer {
      isUsed.store(false, ordering: .releasing)
      if isClosed.load(ordering: .acquiring) { close() }
    }
    if !isClosed.load(ordering: .acquiring), !call.isStopAsked, call.nextFromTemplate() { return .chunk }
    return wait(timeout)
  }

  package static var busy: Failure { Failure(.busy, "the stream is in use") }

  private func wait(_ timeout: Int64) -> Next {
    var goesOn = false
    var deadline = timeout == Clocks.never ? timeout : -1  // set when the wait begins
    while true {
      if call.isStopAsked { call.stopIfAsked() }
      if isClosed.load(ordering: .acquiring) { call.stop(Failure(.cancelled, "the stream was freed")) }
      if call.nextChunk() { return .chunk }
      if call.hasEnded {
        if call.hasMoreChunks { continue }
        return call.failure == nil ? .end : .failure
      }
      if deadline < 0 { deadline = Clocks.deadline(csystem_now(), timeout) }
      if deadline != Clocks.never, csystem_now() >= deadline {
        // Even if there is no time to wait, what has already arrived is read.
        call.turn(until: 0, goesOn: goesOn)
        if call.hasEnded { continue }
        if call.nextChunk() { return .chunk }
        if call.hasEnded { continue }
        return .wouldBlock
      }
      call.turn(until: deadline, goesOn: goesOn)
      goesOn = true
    }
  }

  /// The reader, whose chunk `next` made current; lent until `next` is called again.
  @inline(__always)
  package var reader: Unmanaged<StreamReader>? { call.reader }

  /// The failure that `next` returned.
  package var report: ErrorReport? { call.failure.map { call.report($0) } }

  /// The completion that the chunks so far add up to. Throws BUSY.
  package func completion() throws(Failure) -> Completion? {
    guard !isUsed.exchange(true, ordering: .acquiring) else { throw Self.busy }
    defer { isUsed.store(false, ordering: .releasing) }
    return try call.takeCompletion(soFar: true)
  }

  /// Ends the call. If another thread is using the stream, that thread ends it.
  package func close() {
    isClosed.store(true, ordering: .releasing)
    if isUsed.exchange(true, ordering: .acquiring) {
      multi?.wake()
      return
    }
    call.stop(Failure(.cancelled, "the stream was freed"))
    isUsed.store(false, ordering: .releasing)
  }
}
