import DosaiCore
import DosaiHTTP

/// A host to which a loop has calls in flight, and the queue of those that wait for a connection.
final class LoopHost {
  /// The name of the host, or proxy, for which libcurl counts connections.
  let name: Buffer
  var users = 0
  /// Calls that wait for a connection: the host has the maximum number, or one is being made that may carry them, too.
  /// First in, first out.
  var queue = PausableQueue()
  /// A connection may be available for the first of them.
  var hasRoom = false
  /// The number of calls that are making a connection.
  private(set) var connecting = 0
  /// One connection carries many calls, as over HTTP/2.
  private(set) var isShared = false
  private var last: (call: LoopCall, port: Int32)?  // the last call that got a connection, until its transfer ends

  init(_ name: Buffer) { self.name = name }

  func connectionBegan(_ call: LoopCall) {
    call.isConnecting = true
    connecting += 1
  }

  func connectionMade(_ call: LoopCall, localPort: Int32) {
    if localPort != 0, last?.port == localPort { isShared = true }
    last = (call, localPort)
    noteChange(call)
  }

  /// The call's transfer has ended or was removed.
  func transferEnded(_ call: LoopCall) {
    if last?.call === call { last = nil }
    noteChange(call)
  }

  private func noteChange(_ call: LoopCall) {
    if call.isConnecting { connecting -= 1 }
    call.isConnecting = false
    noteRoom()
  }

  /// A connection may be available.
  func noteRoom() { hasRoom = queue.first != nil }

  /// The loop has no more calls to it.
  func clear() {
    queue = PausableQueue()
    last = nil
  }
}
