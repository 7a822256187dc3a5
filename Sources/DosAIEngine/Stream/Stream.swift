import CSystem
import DosaiCore
import DosaiHTTP
import Synchronization

/// A streaming call that is read chunk by chunk.
package final class Stream {
  private static let idle: UInt8 = 0
  private static let used: UInt8 = 1
  private static let closed: UInt8 = 2

  private let call: Call
  private let multi: CurlMulti?  // to wake it from another thread
  private let state = Atomic<UInt8>(idle)

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

  deinit { call.stop(Self.freed) }

  /// Begins to use it. False: another thread is using it, and has read its handle: so this one may free that.
  @inline(__always)
  package func begin() -> Bool {
    state.compareExchange(expected: Self.idle, desired: Self.used, ordering: .acquiringAndReleasing).exchanged
  }

  /// Ends what `begin` began. False: it was closed meanwhile, and this thread has to release it.
  @inline(__always)
  package func end() -> Bool {
    state.compareExchange(expected: Self.used, desired: Self.idle, ordering: .releasing).exchanged
  }

  private var isClosed: Bool { state.load(ordering: .acquiring) == Self.closed }

  private static var freed: Failure { Failure(.cancelled, "the stream was freed") }

  package static var busy: Failure { Failure(.busy, "the stream is in use") }

  /// Makes the next chunk current if it has arrived and matches a template. Only while it is used, by the process that
  /// made it.
  @inline(__always)
  package func nextFromTemplate() -> Bool { !call.isCancelAsked && (call.nextRepeated() || call.nextFromTemplate()) }

  /// Makes the next chunk current, while it is used. Waits at most `timeout` nanoseconds (`Clocks.never`: as long as the
  /// clocks allow).
  package func next(timeout: Int64) -> StreamReader.Next {
    var goesOn = false
    var deadline = timeout == Clocks.never ? timeout : -1  // set when the wait begins
    while true {
      if call.isStopAsked { call.stopIfAsked() }
      if isClosed { call.stop(Self.freed) }
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

  /// The completion that the chunks so far add up to, while it is used.
  package func completion() throws(Failure) -> Completion? { try call.takeCompletion(soFar: true) }

  /// Nothing uses it any more, unless another thread does so now: false, and that thread has to release it.
  package func close() -> Bool {
    if state.exchange(Self.closed, ordering: .acquiringAndReleasing) == Self.idle { return true }
    multi?.wake()
    return false
  }
}
