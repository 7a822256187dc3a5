import CCurl
import CSystem
import DosaiCore
import Synchronization

/// A libcurl multi handle with its open connections, and the poller that drives it. Only one thread may use it at a
/// time.
package final class CurlMulti {
  private let handle: UnsafeMutableRawPointer
  private let poller: Poller
  private let process: Int32
  var sockets = Sockets()  // kept for a forked child, too
  /// The prefetch list of the transfer that waits for a socket, retained, by socket.
  private var prefetchLists: [Unmanaged<PrefetchList>?] = []
  private var rounds = Rounds()
  private var curlDeadline = Clocks.never  // 0: now
  package private(set) var servesMany = false
  /// When the last wait ended, if it serves many.
  package private(set) var waitEnded: Int64 = 0
  /// The easy handles of transfers that were removed, and what all of them are set up for.
  private var spares: [UnsafeMutableRawPointer] = []
  private var sparesFor: (options: TransportOptions, share: CurlShare)?
  private static let sparesMax = 64
  private var lookups: [Lookup] = []
  private var connectionsPerHostMax = 0
  /// libcurl has lost track of a socket: the next one would make it divide by zero. All transfers must be removed.
  package private(set) var isOutOfMemory = false
  /// A connection may be available to any host. A lookup that has ended was counted as one of its host.
  package var hasFreed = false
  let isInUse = Atomic<Bool>(false)  // by the driver
  let driver = Atomic<UInt>(csystem_thread())
  /// The number of rounds in which a transfer is still read after its clock has run out.
  private static let roundsMax = 24
  // The list of all multi handles, under the lock of ProcessState.
  var next: Unmanaged<CurlMulti>?
  var previous: Unmanaged<CurlMulti>?

  /// `forLoop`: it has a descriptor. RESOURCE: no descriptor is free.
  package static func make(forLoop: Bool) throws(Failure) -> CurlMulti {
    let poller = try Poller(forLoop: forLoop)
    guard let handle = ProcessState.make(curl_multi_init) else {
      // Since 8.17 it needs a descriptor.
      throw Transfer.lacksDescriptors ? .noDescriptor : .outOfMemory
    }
    ccurl_multi_quick_exit(handle)
    // It serves one call at a time. Otherwise newer versions of libcurl would not reuse a connection that was opened
    // ahead: they do not know yet whether it speaks HTTP/2.
    ccurl_multi_set_long(handle, CURLMOPT_PIPELINING, Int(CURLPIPE_NOTHING))
    let hasNoSignal = setNoSignal(handle)
    // If no descriptor was free, the wake-up of the new handle does not work.
    guard hasNoSignal, curl_multi_wakeup(handle) == CURLM_OK else {
      curl_multi_cleanup(handle)
      throw hasNoSignal ? .noDescriptor : .outOfMemory
    }
    return CurlMulti(poller, handle)
  }

  /// The handle with which libcurl closes connections inherits NOSIGNAL from the last handle that was added. Without
  /// any, its cleanup would change SIGPIPE for the whole process. False: out of memory.
  private static func setNoSignal(_ handle: UnsafeMutableRawPointer) -> Bool {
    guard let easy = ProcessState.make(curl_easy_init) else { return false }
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
    ProcessState.add(self)
  }

  deinit {
    defer { for list in prefetchLists { list?.release() } }
    if ProcessState.id == process {
      defer { ProcessState.remove(self) }
      guard enter() else { return }
      dropSpares()
      curl_multi_cleanup(handle)
      leave()
    } else {
      // libcurl would write to the parent's connections.
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
    curlDeadline =
      milliseconds < 0 ? Clocks.never : milliseconds == 0 ? 0 : csystem_now() + Int64(milliseconds) * 1_000_000
    return 0
  }

  // MARK: use

  func shut(_ socket: Int32) -> Int32 {
    poller.closing(socket)
    return sockets.shut(socket)
  }

  /// The connection with these ends, which a transfer is about to use; -1: it is not known. libcurl watches the others.
  func find(_ ends: Ends) -> Int32 { sockets.find(ends) { prefetchList(of: $0) == nil } }

  /// The descriptor that a host may poll. After `prepare`, it is readable when `step` has something to do.
  package var descriptor: Int32 { poller.descriptor }

  /// When libcurl wants to be called.
  package var deadline: Int64 { curlDeadline }

  /// Whether that is at once.
  package var isDue: Bool { curlDeadline == 0 }

  /// Prepares it for a loop. `connectionsPerHostMax` 0 means no limit.
  package func serveMany(connectionsPerHostMax: Int) {
    servesMany = true
    ccurl_multi_set_long(handle, CURLMOPT_PIPELINING, Int(CURLPIPE_MULTIPLEX))
    self.connectionsPerHostMax = connectionsPerHostMax
    ccurl_multi_set_long(handle, CURLMOPT_MAX_HOST_CONNECTIONS, connectionsPerHostMax)
  }

  /// Whether the number of connections to a host is limited.
  package var isLimited: Bool { connectionsPerHostMax > 0 }

  /// From now on, triggering the token ends a wait. False: no descriptor is free.
  package func watch(_ token: CancelToken) -> Bool { poller.watch(token: token.descriptor) }

  package func forget(_ token: CancelToken) { if isOurs { poller.forget(token.descriptor) } }

  /// From now on, `wake` ends a wait; in a loop it always does. False: no descriptor is free. Before another thread knows
  /// the call.
  package func makeWakeable() -> Bool { poller.makeWakeable() }

  /// Ends the wait of `step`. May be called by any thread.
  package func wake() { poller.wake() }

  /// Takes back one `wake`; the others still end the next wait.
  package func unwake() { poller.unwake() }

  /// False: it was not started, because no connection is available. With `waits`, the transfer does not open a new
  /// connection while another one is being made that may carry both.
  package func start(_ transfer: Transfer, waits: Bool) throws(Failure) -> Bool {
    if isOutOfMemory { throw .outOfMemory }
    transfer.attach(self, waits: waits)
    guard enter() else { throw Failure(.cancelled, "the process is exiting") }
    defer { leave() }
    guard curl_multi_add_handle(handle, transfer.easy) == CURLM_OK else { throw .outOfMemory }
    act(CURL_SOCKET_TIMEOUT, 0)
    finishTransfers()
    if transfer.hasBegun || transfer.isFinished || !servesMany { return true }
    // libcurl has one queue for all hosts, and its first transfer would hold up the others.
    curl_multi_remove_handle(handle, transfer.easy)
    return false
  }

  /// Removes the transfer. Its connection is closed, unless the response has ended, or other transfers share it.
  package func remove(_ transfer: Transfer) {
    guard isOurs, enter() else { return }
    defer { leave() }
    if servesMany, transfer.hasStream { sockets.noteUnflushed(transfer.socket) }
    endLookup { $0.transfer === transfer }
    // Otherwise, a paused body would never be freed if the connection has other transfers.
    if transfer.dropBody(), !isOutOfMemory { curl_easy_pause(transfer.easy, CURLPAUSE_CONT) }
    curl_multi_remove_handle(handle, transfer.easy)
    csystem_wipe_stack()
    keep(transfer)
  }

  /// Keeps the handle of a transfer that was removed, for the next one.
  private func keep(_ transfer: Transfer) {
    if sparesFor?.options !== transfer.options { dropSpares() }
    guard spares.count < Self.sparesMax, let easy = transfer.giveHandle() else { return }
    spares.append(easy)
    sparesFor = (transfer.options, transfer.share)
  }

  private func dropSpares() {
    while let spare = spares.popLast() { curl_easy_cleanup(spare) }
  }

  /// A handle that is set up for the client with these options.
  func takeSpare(_ options: TransportOptions) -> UnsafeMutableRawPointer? {
    sparesFor?.options === options ? spares.popLast() : nil
  }

  /// Call this after `isOutOfMemory`, when all transfers have been removed.
  package func recover() {
    if isOutOfMemory { poller.drop() }
    isOutOfMemory = false
  }

  /// Streams of connections were left; see `flush`.
  package var hasUnflushed: Bool { sockets.unflushed > 0 }

  package func forgetUnflushed() { sockets.forgetUnflushed() }

  /// If a stream of this transfer's connection was left, makes libcurl send the reset, which would wait for what is
  /// sent next.
  package func flush(_ transfer: Transfer, isPaused: Bool) {
    guard transfer.isPaused == isPaused, transfer.hasStream, sockets.takeUnflushed(transfer.socket) else { return }
    transfer.isPaused = false
    kick(transfer)
  }

  /// Makes libcurl check the clock of a connection that is being made, so that it can try the next address. It checks
  /// only when something happens, and between two addresses it has no socket; the pause makes something happen.
  func kick(_ transfer: Transfer) {
    guard !isOutOfMemory, enter() else { return }
    defer { leave() }
    curl_easy_pause(transfer.easy, CURLPAUSE_RECV)
    curl_easy_pause(transfer.easy, CURLPAUSE_CONT)
    act(CURL_SOCKET_TIMEOUT, 0)
    finishTransfers()
  }

  /// Begins a second lookup for the transfer. A client has one at a time, since all its transfers use the result.
  /// libcurl counts it as a connection.
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

  /// Continues to receive the body.
  package func resume(_ transfer: Transfer) {
    guard !isOutOfMemory, enter() else { return }
    defer { leave() }
    curl_easy_pause(transfer.easy, CURLPAUSE_CONT)
    finishTransfers()
  }

  /// Waits until something happens, at most until `deadline` in monotonic nanoseconds, and handles it. If it serves
  /// many, it handles one event at a time, and does not wait while it `hasMore`.
  package func step(until deadline: Int64) -> Pause {
    if hasMore { return step(waiting: 0) }
    let now = csystem_now()
    rounds.beginWait(now)
    let deadline = min(deadline, curlDeadline)
    guard deadline > now else { return step(waiting: 0) }
    poller.arm(deadline)
    return step(waiting: deadline - now)
  }

  package var hasMore: Bool { poller.hasMore }

  private func step(waiting nanoseconds: Int64) -> Pause {
    guard enter() else {
      poller.drop()
      return .event
    }
    defer { leave() }
    token = -1
    var undisturbed = true
    if !hasMore {
      undisturbed = poller.wait(nanoseconds)
      if servesMany { waitEnded = csystem_now() }
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
      curlDeadline < Clocks.never, curlDeadline <= csystem_now()
    {
      curlDeadline = Clocks.never
      act(CURL_SOCKET_TIMEOUT, 0)
    }
    finishTransfers()
    return undisturbed ? .event : .signal
  }

  /// What ended a wait.
  package enum Pause { case event, signal }

  /// The descriptor of the token that ended the last wait; -1: none did.
  package private(set) var token: Int32 = -1

  /// Everything that had arrived by this time was read, except from sockets that always have more.
  package var readUntil: Int64 { rounds.readUntil }

  /// Whether everything that had arrived for the transfer by `time` was read. If its socket always has more, this
  /// becomes true after a number of rounds, so that a clock can run out.
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

  /// Makes the descriptor readable for the next timer, too, for a host that polls it.
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
    driver.store(csystem_thread(), ordering: .relaxed)
    return ProcessState.enter(self)
  }

  private func leave() { if isOurs { ProcessState.leave(self) } }
}
