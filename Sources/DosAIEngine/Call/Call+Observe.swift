import CSystem
import DosaiCore
import DosaiHTTP

/// Tells the observer and the log of the client what happens.
extension Call {
  /// Tells that there is a call, where the host has made it.
  func announce() {
    if isObserved { return }
    isObserved = true
    observe(.started)
  }

  @inline(never)
  func observe(_ kind: CallEvent.Kind, _ status: Status = .ok, delay: Int64 = 0) {
    let observer = client.settings.observer
    let isLogged = client.settings.log?.isOn(kind, status) == true
    if observer == nil && !isLogged || ProcessState.isExiting || !client.isOurs { return }
    if kind == .attempt { toldPath = nil }  // the key may be another
    guard let path = try? path() else { return }
    let event = event(kind, status, delay, path.bytes)
    if isLogged { client.settings.log?.write(event, secret) }
    observer?.tell(event)
  }

  /// The path of the URL, without its query, NUL-terminated.
  private func path() throws(Failure) -> Buffer {
    if let toldPath { return toldPath }
    let host = client.settings.baseURL.isHTTPS ? 8 : 7
    let end = url.bytes.firstIndex(of: UInt8(ascii: "?"), from: host) ?? url.count
    let start = url.bytes.firstIndex(of: UInt8(ascii: "/"), from: host) ?? end
    let path = try Buffer(copying: url.bytes.slice(start, end))
    secret?.redact(path, isAnswer: false)
    toldPath = path
    return path
  }

  private func event(_ kind: CallEvent.Kind, _ status: Status, _ delay: Int64, _ path: Bytes) -> CallEvent {
    var event = CallEvent(kind: kind, host: client.settings.baseURL.authority.bytes, path: path)
    event.status = status
    event.delay = delay
    event.call = UInt(bitPattern: Unmanaged.passUnretained(self).toOpaque())
    event.method = body == nil ? "GET" : "POST"
    event.model = model?.bytes
    // Of an attempt that has ended, its number; otherwise, that of the next one.
    let isBetween = kind == .started || kind == .retry || kind == .ended
    event.attempt = state.attempts.count + (isBetween ? 0 : 1)
    event.isStream = self.kind.isStream
    event.sentBytes = body?.count ?? 0
    event.eventCount = (stream?.eventIndex ?? -1) + 1
    if kind != .started { event.timings = timings }
    guard let transfer = lastTransfer else { return event }
    // The headers stay as they are: a redirect to a URL that contains the key must be followed there.
    if let id = transfer.headers.requestID, let copy = try? Buffer(copying: id) {
      secret?.redact(copy, isAnswer: false)
      toldID = copy
      event.requestID = copy.bytes
    }
    if kind != .retry || transfer.hasAnswer { event.httpStatus = transfer.headers.httpStatus }
    if kind == .retry || kind == .ended { event.receivedBytes = transfer.receivedBytes }
    event.usage = usage
    return event
  }
}
