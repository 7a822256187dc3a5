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
    stream = kind == .stream ? StreamReader(client.settings.limits, client.settings.secret) : nil
    transfer = nil
    attemptStarted = csystem_now()
    left = -1
    log(.debug, .ok, 0)
    if watcher?.host?.held.first != nil { hold(isPatient: true) } else { try launch(isPatient: true) }
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
    if isHeld, let watcher { watcher.host?.held.append(watcher) }
  }

  private func hold(isPatient: Bool) {
    let connect = Clocks.deadline(attemptStarted, settings.clocks.connect)
    let until = isPatient ? min(connect, attemptStarted + Self.patience) : connect
    phase = .held(until: engine?.isLimited == true ? Clocks.never : until)
  }

  /// Starts the transfer, or holds it. `isPatient`: also where it could have a connection of its own.
  private func launch(isPatient: Bool) throws(Failure) {
    guard let engine else { throw .internalError }
    let started: Transfer
    if let transfer { started = transfer } else { started = try makeTransfer(engine) }
    transfer = started
    let mayWait = isPatient && started.mayShare && watcher != nil && !engine.isLimited
    if mayWait, let host = watcher?.host, host.isShared, host.making > 0 { return hold(isPatient: true) }
    phase = .attempting
    if engine.isLimited { attemptStarted = csystem_now() }  // before, it was the caller's limit that it waited for
    guard try engine.start(started, waits: mayWait) else { return hold(isPatient: isPatient) }
    if let watcher, started.readyTime < 0, !started.isFinished { watcher.host?.noteMaking(watcher) }
  }

  private func makeTransfer(_ engine: Engine) throws(Failure) -> Transfer {
    try Transfer.make(
      client.settings.endpoint, share: client.share, url: url, isHTTPS: client.settings.address.isHTTPS,
      headers: headers, body: body, compressed: kind != .stream, connectTimeout: settings.clocks.connect,
      engine: engine, receiver: self)
  }
}
