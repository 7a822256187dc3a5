import DosaiCore
import DosaiHTTP

/// What a loop knows of a host while it has calls to it in flight: which of them have no connection yet.
final class LoopHost {
  /// What libcurl counts connections by.
  let place: Buffer
  var users = 0
  /// Calls for which there is no connection: the host has as many as it may have, or one is being made and may carry
  /// them too. First in, first out.
  var held = Line()
  /// There may be a connection for the first of them.
  var hasRoom = false
  /// Calls that make a connection.
  var making = 0
  /// One connection carries many calls, as over HTTP/2.
  private(set) var isShared = false
  private var last: LoopCall?  // that got a connection, until it is done with it

  init(_ place: Buffer) { self.place = place }

  func noteMaking(_ call: LoopCall) {
    call.isMaking = true
    making += 1
  }

  func noteConnected(_ call: LoopCall) {
    let port = call.call.transfer?.localPort ?? 0
    if port != 0, last?.call.transfer?.localPort == port { isShared = true }
    last = call
    noteChange(call)
  }

  /// Its transfer has ended or was taken out.
  func noteEnd(_ call: LoopCall) {
    if last === call { last = nil }
    noteChange(call)
  }

  private func noteChange(_ call: LoopCall) {
    if call.isMaking { making -= 1 }
    call.isMaking = false
    noteRoom()
  }

  /// There may be a connection for a call.
  func noteRoom() { hasRoom = held.first != nil }

  /// Nobody has calls to it.
  func clear() {
    held = Line()
    last = nil
  }
}
