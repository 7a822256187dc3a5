import DosaiCore
import DosaiHTTP

/// A loop, which drives many calls on one thread. A call without an owner is driven by its caller.
protocol CallOwner: AnyObject {
  var multi: CurlMulti { get }
  /// nil: the rates are those of the clients.
  var limiter: RateLimiter? { get }

  /// The call has begun: from now on, its token can end it, and it has a host. False: no descriptor is free.
  func callBegan() -> Bool
  /// Something has arrived that may be read.
  func hasNews()

  /// Whether other calls wait for a connection to the host.
  var hasQueue: Bool { get }
  /// Whether one connection carries many calls, as over HTTP/2.
  var sharesConnections: Bool { get }
  /// Whether such a connection is being made.
  var makesSharedConnection: Bool { get }
  /// The call waits for a connection. If it is in the queue already, it keeps its position.
  func joinQueue()
  func leaveQueue()
  func connectionBegan()
  func connectionMade(localPort: Int32)
  /// The transfer has ended or was removed.
  func transferEnded()

  func callEnded()
  /// The answer is complete, but the response has not ended on its connection: keep it for a moment, then `release` the
  /// call.
  func drain()
  /// The call no longer needs its host.
  func callReleased()

  /// Adds the memory that the call's next event touches.
  func addMemory(to list: PrefetchList)
}
