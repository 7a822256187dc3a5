import DosaiCore
import DosaiHTTP

/// What a loop knows of a host while it has calls to it in flight: which of them have no connection yet.
final class LoopHost {
  /// What libcurl counts connections by.
  let name: Buffer
  var users = 0
  /// Calls for which there is no connection: the host has as many as it may have, or one is being made and may carry
  /// them too. First in, first out.
  var queue = PausableQueue()
  /// There may be a connection for the first of them.
  var hasRoom = false
  /// Calls that make a connection.
  private(set) var connecting = 0
  /// One connection carries many calls, as over HTTP/2.
  private(set) var isShared = false
  private var last: (call: LoopCall, port: Int32)?  // that got a connection, until it is done with it

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

  /// Its transfer has ended or was taken out.
  func transferEnded(_ call: LoopCall) {
    if last?.call === call { last = nil }
    noteChange(call)
  }

  private func noteChange(_ call: LoopCall) {
    if call.isConnecting { connecting -= 1 }
    call.isConnecting = false
    noteRoom()
  }

  /// There may be a connection for a call.
  func noteRoom() { hasRoom = queue.first != nil }

  /// Nobody has calls to it.
  func clear() {
    queue = PausableQueue()
    last = nil
  }
}
