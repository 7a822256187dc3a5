import CSystem
import DosaiCore
import DosaiHTTP
import DosaiJSON

/// Performs what the state asks for.
extension Call {
  /// `failure`: why the attempt or the call has failed, if that is the reason for the action.
  func perform(_ action: CallState.Action, _ failure: Failure? = nil) {
    switch action {
    case .none: break
    case .attempt:
      dropTransfer()
      if isHeld() { return }
      if startIsHeld {
        startIsHeld = false
        return launch()
      }
      do throws(Failure) { try renewKey() } catch { return stop(error) }
      ended = nil
      serverError = ServerError()
      received.removeAll()
      isCutShort = false
      stream = kind.isStream ? makeReader() : nil
      observe(.attempt)
      if owner?.hasQueue == true { perform(state.noConnection()) } else { launch() }
    case .resend:
      dropTransfer()
      launch()
    case .start: if isHeld() { startIsHeld = true } else { launch() }
    case .queue:
      giveBackAdmission()
      owner?.joinQueue()
    case .wait:
      transfer?.forbidReuse()
      observe(.retry, failure?.status ?? .ok, delay: state.attempts.last?.delay ?? 0)
      settle(failure)
      ended = transfer
      dropTransfer()
    case .deliver: owner?.hasNews()
    case .discard:
      self.failure = failure
      stream?.dropChunks()
    case .end(let status, _): finish(status == .ok ? nil : failure)
    }
  }

  /// Whether the rate lets the attempt wait.
  private func isHeld() -> Bool {
    guard let time = awaitAdmission() else { return false }
    state.held(until: time)
    return true
  }

  /// Starts the transfer, if a connection is available.
  private func launch() {
    do throws(Failure) {
      guard let multi else { throw .internalError }
      let started: Transfer
      if let transfer { started = transfer } else { started = try makeTransfer(multi) }
      transfer = started
      let waits = state.route.isPatient && started.mayShare && !multi.isLimited
      if waits, owner?.makesSharedConnection == true { return perform(state.noConnection()) }
      state.started()
      guard try multi.start(started, waits: waits && owner != nil) else { return perform(state.noConnection()) }
      owner?.leaveQueue()
      if started.readyTime < 0, !started.isFinished { owner?.connectionBegan() }
    } catch { stop(error) }
  }

  private func makeTransfer(_ multi: CurlMulti) throws(Failure) -> Transfer {
    try Transfer.make(
      client.settings.transport, share: client.share, url: url, isHTTPS: client.settings.baseURL.isHTTPS,
      headers: headers, body: body, compressed: !kind.isStream,
      connectTimeout: max(0, state.connectDeadline - csystem_now()),
      isFresh: state.route.isFresh, isIPv4: state.route.isIPv4, sendsNothing: kind == .warming, multi: multi,
      receiver: self)
  }

  private func dropTransfer() {
    guard let transfer else { return }
    multi?.remove(transfer)
    self.transfer = nil
    owner?.transferEnded()
  }

  /// Sends what libcurl has to send on its connection.
  func flush(isPaused: Bool) { if let transfer { multi?.flush(transfer, isPaused: isPaused) } }

  // MARK: the end

  /// The attempt has failed.
  func fail(_ failure: Failure) { perform(state.failed(csystem_now(), failure.status, failure.clock, reply), failure) }

  /// The request was not acknowledged: the connection is dead, for example because a middlebox has forgotten it.
  func failUnacknowledged() {
    perform(
      state.unacknowledged(csystem_now(), isShared: owner?.sharesConnections == true, reply),
      Failure(.connection, "the connection is dead: the request was not acknowledged"))
  }

  /// Ends the call for a reason other than the server.
  func stop(_ failure: Failure) { perform(state.stop(csystem_now(), failure.status, httpStatus: httpStatus), failure) }

  /// Ends it as cancelled, even if it has ended well but not everything was reported yet.
  func cancel(_ reason: Constant) {
    let action = state.cancel(csystem_now(), httpStatus: httpStatus, isUntold: isFailureUntold)
    perform(action, Failure(.cancelled, reason))
  }

  /// The call is over.
  private func finish(_ failure: Failure?) {
    self.failure = failure
    if failure?.status == .cancelled || failure?.status == .forked { stream?.dropChunks() }
    // Over HTTP/2, libcurl would keep the connection, and let the server know only with the next request.
    if failure != nil { transfer?.forbidReuse() }
    announce()
    observe(.ended, failure?.status ?? .ok)
    settle(failure)
    if let owner { owner.callEnded() } else if let token = settings.token { multi?.forget(token) }
    if failure == nil, let transfer, !transfer.isFinished {
      if let owner { return owner.drain() }
      drain(transfer)
    }
    release()
  }

  /// The answer is complete: waits up to 5 ms for the end of the response, so that the connection can be reused.
  private func drain(_ transfer: Transfer) {
    let deadline = csystem_now() + Self.drainTime
    while !transfer.isFinished && csystem_now() < deadline { _ = multi?.step(until: deadline) }
  }

  static var drainTime: Int64 { 5_000_000 }

  /// Releases the connection and the multi handle.
  func release() {
    if let transfer { multi?.remove(transfer) }
    if let owner { owner.callReleased() } else if let multi { client.giveBack(multi) }
    multi = nil
  }
}
