import DosaiCore
import DosaiHTTP

/// What drives a call with others on one thread: a loop. A call without one is driven by its own caller.
protocol CallOwner: AnyObject {
  var multi: CurlMulti { get }

  /// The call has begun: its token counts from now on, and it has a host. False: no descriptor is free.
  func callBegan() -> Bool
  /// Something has come that may be read.
  func hasNews()

  /// Others wait for a connection to the host.
  var hasQueue: Bool { get }
  /// One connection carries many calls, as over HTTP/2.
  var sharesConnections: Bool { get }
  /// Such a connection is being made.
  var makesSharedConnection: Bool { get }
  /// The call waits for a connection, from its place in the queue if it has one.
  func joinQueue()
  func leaveQueue()
  func connectionBegan()
  func connectionMade(localPort: Int32)
  /// The transfer has ended or was taken out.
  func transferEnded()

  func callEnded()
  /// The answer is whole, but its connection not yet at the response's end: keep it for a moment, then `release` the call.
  func drain()
  /// The call needs its host no more.
  func callReleased()

  /// What its next event touches.
  func addMemory(to list: PrefetchList)
}
