import CSystem
import DosaiCore
import DosaiHTTP

/// The beginning of an attempt. In a loop it is held where there is no connection for it.
extension Call {
  /// How long it may wait for a connection that another call makes, and that may carry both.
  private static let patience: Int64 = 1_000_000_000

  func startAttempt() throws(Failure) {
    received.removeAll()
    isCutShort = false
    lastChunk = -1
    away = 0
    stream = kind == .stream ? makeReader() : nil
    transfer = nil
    attemptStarted = csystem_now()
    isConnectLate = false
    left = -1
    log(.debug, .ok, 0)
    if loopCall?.host?.held.first != nil { hold(isPatient: true) } else { try launch(isPatient: true) }
    lineUp()
  }

  /// The request did not go out. It goes out now, on a connection of its own, and this is no retry.
  func sendAgain() throws(Failure) {
    isFresh = true
    isIPv4 = transfer?.hasIPv4 == true
    dropTransfer()
    try launch(isPatient: true)
    lineUp()
  }

  /// It has been held long enough.
  func launchHeld() throws(Failure) {
    try launch(isPatient: false)
    lineUp()
  }

  /// There may be a connection for it now; else it keeps its place.
  func relaunch() {
    do throws(Failure) { try launch(isPatient: true) } catch { end(error) }
  }

  private func lineUp() {
    guard let loopCall, let host = loopCall.host else { return }
    if isHeld { host.held.append(loopCall) } else { host.held.remove(loopCall) }
  }

  private func hold(isPatient: Bool) {
    let until = isPatient ? min(connectDeadline, attemptStarted + Self.patience) : connectDeadline
    phase = .held(until: multi?.isLimited == true ? Clocks.never : until)
  }

  /// Starts the transfer, or holds it. `isPatient`: also where it could have a connection of its own.
  private func launch(isPatient: Bool) throws(Failure) {
    guard let multi else { throw .internalError }
    // Before, it was the caller's limit that it waited for.
    if isHeld, multi.isLimited { attemptStarted = csystem_now() }
    let started: Transfer
    if let transfer { started = transfer } else { started = try makeTransfer(multi) }
    transfer = started
    let mayWait = isPatient && started.mayShare && loopCall != nil && !multi.isLimited
    if mayWait, let host = loopCall?.host, host.isShared, host.making > 0 { return hold(isPatient: true) }
    phase = .attempting
    guard try multi.start(started, waits: mayWait) else { return hold(isPatient: isPatient) }
    if let loopCall, started.readyTime < 0, !started.isFinished { loopCall.host?.noteMaking(loopCall) }
  }

  private func makeTransfer(_ multi: CurlMulti) throws(Failure) -> Transfer {
    try Transfer.make(
      client.settings.transport, share: client.share, url: url, isHTTPS: client.settings.address.isHTTPS,
      headers: headers, body: body, compressed: kind != .stream,
      connectTimeout: max(0, connectDeadline - csystem_now()),
      isFresh: isFresh, isIPv4: isIPv4, multi: multi, receiver: self)
  }
}
