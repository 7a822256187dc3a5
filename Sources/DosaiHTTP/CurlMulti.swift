import CCurl
import CSystem
import DosaiCore

/// One libcurl handle handle over one poller, with its warm connections. One thread drives it at a time; which one may
/// change between two calls.
package final class CurlMulti {
  private let handle: UnsafeMutableRawPointer
  private let poller: Poller
  private let process: Int32
  var sockets = Sockets()  // remembered for a forked child too
  /// By socket that of the transfer which waits for it, retained.
  private var prefetchLists: [Unmanaged<PrefetchList>?] = []
  private var rounds = Rounds()
  private var curlDeadline = Clocks.never
  private(set) var servesMany = false
  /// Of a transfer that was taken out. One that does not serve many has one client, for which it is set up.
  private var spare: (easy: UnsafeMutableRawPointer, share: CurlShare)?
  private var lookups: [Lookup] = []
  private var connectionsPerHostMax = 0
  /// libcurl has lost track of a socket: it would divide by zero at the next. All transfers must be removed.
  package private(set) var isOutOfMemory = false
  /// A lookup has ended, which libcurl counted as a connection of its host.
  package var hasFreed = false
  private(set) var driver = pthread_self()
  /// In so many rounds a transfer is still read after its time is over.
  private static let roundsMax = 24
  // The list of multis in use, under the lock of ProcessState.
  var next: Unmanaged<CurlMulti>?
  var previous: Unmanaged<CurlMulti>?

  /// RESOURCE: no descriptor is free.
  package static func make() throws(Failure) -> CurlMulti {
    let poller = try Poller()
    guard let handle = curl_multi_init() else {
      // Since 8.17 it wants a descriptor.
      throw Transfer.lacksDescriptors ? .noDescriptor : .outOfMemory
    }
    ccurl_multi_quick_exit(handle)
    let hasNoSignal = setNoSignal(handle)
    // Without a free descriptor the handle is born with a dead wake-up.
    guard hasNoSignal, curl_multi_wakeup(handle) == CURLM_OK else {
      curl_multi_cleanup(handle)
      throw hasNoSignal ? .noDescriptor : .outOfMemory
    }
    return CurlMulti(poller, handle)
  }

  /// The handle with which libcurl closes connections takes NOSIGNAL from the last that was added. If none ever is,
  /// its cleanup sets SIGPIPE for the whole process. False: out of memory.
  private static func setNoSignal(_ handle: UnsafeMutableRawPointer) -> Bool {
    guard let easy = curl_easy_init() else { return false }
    defer { curl_easy_cleanup(easy) }
    guard ccurl_set_long(easy, CURLOPT_NOSIGNAL, 1) == CURLE_OK, curl_multi_add_handle(handle, easy) == CURLM_OK
    else { return false }
    return curl_multi_remove_handle(handle, easy) == CURLM_OK
  }

  private init(_ poller: Poller, _ handle: UnsafeMutableRawPointer) {
    self.poller = poller
    self.handle = handle
    process = ProcessState.id
    let context = Unmanaged.passUnretained(self).toOpaque()
    ccurl_multi_on_socket(
      handle,
      { easy, socket, what, context, known in
        CurlMulti.from(context)?.watch(socket, what, easy, isKnown: known != nil) ?? 0
      }, context)
    ccurl_multi_on_timer(
      handle, { _, milliseconds, context in CurlMulti.from(context)?.setTimer(milliseconds) ?? 0 }, context)
  }

  deinit {
    defer { for list in prefetchLists { list?.release() } }
    if ProcessState.id == process {
      guard enter() else { return }
      if let spare { curl_easy_cleanup(spare.easy) }
      curl_multi_cleanup(handle)
      leave()
    } else {
      // libcurl would write to connections that are the parent's.
      sockets.closeAll()
    }
  }

  private static func from(_ context: UnsafeMutableRawPointer?) -> CurlMulti? {
    context.map { Unmanaged<CurlMulti>.fromOpaque($0).takeUnretainedValue() }
  }

  private func watch(
    _ socket: curl_socket_t, _ what: Int32, _ easy: UnsafeMutableRawPointer?, isKnown: Bool
  ) -> Int32 {
    if servesMany, socket >= 0 {
      while prefetchLists.count <= Int(socket) {
        prefetchLists.append(nil)
        rounds.ready.append(-1)
      }
      let list = what == CURL_POLL_REMOVE ? nil : easy.flatMap { Transfer.of($0)?.prefetchList }
      prefetchLists[Int(socket)]?.release()
      prefetchLists[Int(socket)] = list.map { Unmanaged.passRetained($0) }
    }
    if what == CURL_POLL_REMOVE {
      poller.forget(socket)
    } else {
      if !isKnown { curl_multi_assign(handle, socket, handle) }
      poller.watch(
        socket, readable: what & CURL_POLL_IN != 0, writable: what & CURL_POLL_OUT != 0, isKnown: isKnown)
    }
    return 0
  }

  private func setTimer(_ milliseconds: Int) -> Int32 {
    curlDeadline = milliseconds < 0 ? Clocks.never : csystem_now() + Int64(milliseconds) * 1_000_000
    return 0
  }

  // MARK: use

  /// The descriptor that a host may poll: readable when `step` has something to do, once `prepare` was called.
  package var descriptor: Int32 { poller.descriptor }

  /// When libcurl wants to be called.
  package var deadline: Int64 { curlDeadline }

  /// It is a loop's. `connectionsPerHostMax` 0: no limit.
  package func serveMany(connectionsPerHostMax: Int) {
    servesMany = true
    self.connectionsPerHostMax = connectionsPerHostMax
    ccurl_multi_set_long(handle, CURLMOPT_MAX_HOST_CONNECTIONS, connectionsPerHostMax)
  }

  /// There is a limit to the connections to a host.
  package var isLimited: Bool { connectionsPerHostMax > 0 }

  /// Its trigger ends a wait from now on. False: no descriptor is free.
  package func watch(_ token: CancelToken) -> Bool { poller.watch(token: token.descriptor) }

  package func forget(_ token: CancelToken) { if isOurs { poller.forget(token.descriptor) } }

  /// Ends the wait of `step`. Any thread.
  package func wake() { poller.wake() }

  /// False: it was not started, for there is no connection for it now. With `waits` it takes no new one either while
  /// another may turn out to carry both.
  package func start(_ transfer: Transfer, waits: Bool) throws(Failure) -> Bool {
    if isOutOfMemory { throw .outOfMemory }
    transfer.attach(self, waits: waits)
    guard enter() else { throw Failure(.cancelled, "the process is exiting") }
    defer { leave() }
    guard curl_multi_add_handle(handle, transfer.easy) == CURLM_OK else { throw .outOfMemory }
    act(CURL_SOCKET_TIMEOUT, 0)
    finishTransfers()
    if transfer.hasBegun || transfer.isFinished || !servesMany { return true }
    // libcurl would put it into one queue for all hosts, which stands still while its first has to wait.
    curl_multi_remove_handle(handle, transfer.easy)
    return false
  }

  /// Takes the transfer out; a connection that is not at its response's end closes.
  package func remove(_ transfer: Transfer) {
    guard isOurs, enter() else { return }
    defer { leave() }
    endLookup { $0.transfer === transfer }
    // What is held back would never be freed where other transfers go on on its connection.
    if transfer.dropBody(), !isOutOfMemory { curl_easy_pause(transfer.easy, CURLPAUSE_CONT) }
    curl_multi_remove_handle(handle, transfer.easy)
    csystem_wipe_stack()
    if !servesMany && spare == nil { spare = transfer.giveHandle() }
  }

  func takeSpare() -> UnsafeMutableRawPointer? {
    let easy = spare?.easy
    spare = nil
    return easy
  }

  /// All transfers were removed after `isOutOfMemory`.
  package func recover() {
    if isOutOfMemory { poller.drop() }
    isOutOfMemory = false
  }

  /// Lets libcurl look at the clock of a connection that is being made: the address that it tries may have had its time.
  /// It looks only where something happens, and for a moment it has no socket either: the pause is what happens.
  func kick(_ transfer: Transfer) {
    guard !isOutOfMemory, enter() else { return }
    defer { leave() }
    curl_easy_pause(transfer.easy, CURLPAUSE_RECV)
    curl_easy_pause(transfer.easy, CURLPAUSE_CONT)
    act(CURL_SOCKET_TIMEOUT, 0)
    finishTransfers()
  }

  /// Begins a lookup beside that of the transfer, one at a time for a client: what it finds serves all. libcurl counts it
  /// as a connection.
  func lookUp(for transfer: Transfer) {
    guard !isOutOfMemory, !lookups.contains(where: { $0.transfer.options === transfer.options }), enter()
    else { return }
    defer { leave() }
    ccurl_multi_set_long(handle, CURLMOPT_MAX_HOST_CONNECTIONS, 0)
    if let begun = Lookup(for: transfer), curl_multi_add_handle(handle, begun.easy) == CURLM_OK {
      lookups.append(begun)
      act(CURL_SOCKET_TIMEOUT, 0)
    }
    ccurl_multi_set_long(handle, CURLMOPT_MAX_HOST_CONNECTIONS, connectionsPerHostMax)
    finishTransfers()
  }

  private func endLookup(where isMatch: (Lookup) -> Bool) {
    guard let index = lookups.firstIndex(where: isMatch) else { return }
    let ended = lookups.remove(at: index)
    curl_multi_remove_handle(handle, ended.easy)
    hasFreed = true
    if ended.hasFound { ended.transfer.retryWithIPv4() }
  }

  /// Lets the body come again.
  package func resume(_ transfer: Transfer) {
    guard !isOutOfMemory, enter() else { return }
    defer { leave() }
    curl_easy_pause(transfer.easy, CURLPAUSE_CONT)
    finishTransfers()
  }

  /// Waits until something happens, at most until `deadline` in monotonic nanoseconds. One that serves many acts on one
  /// of what is there; while it `hasMore` it does not wait.
  package func step(until deadline: Int64) -> Pause {
    if hasMore { return step(waiting: 0) }
    let now = csystem_now()
    rounds.beginWait(now)
    guard min(deadline, curlDeadline) > now else { return step(waiting: 0) }
    poller.arm(min(deadline, curlDeadline))
    return step(waiting: -1)
  }

  package var hasMore: Bool { poller.hasMore }

  private func step(waiting milliseconds: Int32) -> Pause {
    guard enter() else {
      poller.drop()
      return .event
    }
    defer { leave() }
    token = -1
    var undisturbed = true
    if !hasMore {
      undisturbed = poller.wait(milliseconds)
      rounds.note(found: poller.count)
    }
    ready: while let source = poller.next() {
      switch source {
      case .socket(let socket, let readable, let writable, let next):
        rounds.note(socket: servesMany ? Int(socket) : 0)
        prefetch(of: socket, next: next)
        act(socket, (readable ? CURL_CSELECT_IN : 0) | (writable ? CURL_CSELECT_OUT : 0))
        if servesMany { break ready }
      case .token(let descriptor):
        token = descriptor
        if servesMany { break ready }
      case .timer(let time): rounds.note(timer: time)
      case .wake: break
      }
    }
    if !hasMore, undisturbed, rounds.end(last: poller.count, watched: 2 * sockets.count),
      curlDeadline <= csystem_now()
    {
      curlDeadline = Clocks.never
      act(CURL_SOCKET_TIMEOUT, 0)
    }
    finishTransfers()
    return undisturbed ? .event : .signal
  }

  /// What ended a wait.
  package enum Pause { case event, signal }

  /// That of the token that ended the last wait; -1: none did.
  package private(set) var token: Int32 = -1

  /// All that had come by then was read, but for sockets that have more and more.
  package var readUntil: Int64 { rounds.readUntil }

  /// Whether all that had come for the transfer by then was read. Where more and more comes, a clock does not wait for
  /// all of it.
  package func hasRead(_ transfer: Transfer?, until time: Int64) -> Bool {
    guard rounds.readUntil >= time else {
      transfer?.roundsLate = 0
      return false
    }
    guard let transfer, rounds.wasReady(servesMany ? Int(transfer.socket) : 0) else { return true }
    if transfer.lastRound != rounds.wholeCount { transfer.roundsLate += 1 }
    transfer.lastRound = rounds.wholeCount
    return transfer.roundsLate > Self.roundsMax
  }

  /// Makes the descriptor tell a host that polls it of the next timer too.
  package func prepare(until deadline: Int64) { poller.arm(min(deadline, curlDeadline)) }

  private func prefetchList(of socket: curl_socket_t) -> Unmanaged<PrefetchList>? {
    socket >= 0 && Int(socket) < prefetchLists.count ? prefetchLists[Int(socket)] : nil
  }

  private func prefetch(of socket: curl_socket_t, next: curl_socket_t) {
    if let list = prefetchList(of: next) { PrefetchList.forEachLine(of: list) { csystem_prefetch($0) } }
    prefetchList(of: socket)?._withUnsafeGuaranteedRef { $0.forEachLine { csystem_prefetch($0) } }
  }

  private func act(_ socket: curl_socket_t, _ what: Int32) {
    if isOutOfMemory { return }
    var running: Int32 = 0
    isOutOfMemory = curl_multi_socket_action(handle, socket, what, &running) == CURLM_OUT_OF_MEMORY
  }

  private func finishTransfers() {
    var left: Int32 = 0
    while let message = curl_multi_info_read(handle, &left) {
      guard let easy = message.pointee.easy_handle else { continue }
      if let transfer = Transfer.of(easy) {
        transfer.finish(ccurl_message_result(message))
      } else {
        endLookup { $0.easy == easy }
      }
    }
  }

  private var isOurs: Bool { ProcessState.id == process }

  private func enter() -> Bool {
    driver = pthread_self()
    return ProcessState.enter(self)
  }

  private func leave() { if isOurs { ProcessState.leave(self) } }
}
