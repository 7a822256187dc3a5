import CCurl
import CSystem
import DosaiCore

/// One libcurl multi handle over one poller, with its warm connections. One thread drives it at a time.
package final class Engine {
  private let multi: UnsafeMutableRawPointer
  private let poller: Poller
  private let process: Int32
  private let share: Share  // its connections use it to their end
  private var sockets: [Int32] = []
  private var transfer: Transfer?
  private var curlDeadline = Clocks.never
  private(set) var driver = pthread_self()
  // The list of engines in use, under the lock of Process.
  var next: Unmanaged<Engine>?
  var previous: Unmanaged<Engine>?
  /// Why the last socket could not be opened.
  fileprivate(set) var socketError: Int32 = 0

  /// RESOURCE: no descriptor is free.
  package static func make(_ share: Share) throws(Failure) -> Engine {
    let poller = try Poller()
    guard let multi = curl_multi_init() else { throw .outOfMemory }
    // Without a free descriptor the handle is born with a dead wake-up.
    guard curl_multi_wakeup(multi) == CURLM_OK else {
      curl_multi_cleanup(multi)
      throw Failure(.resource, "no file descriptor is free")
    }
    return Engine(share, poller, multi)
  }

  private init(_ share: Share, _ poller: Poller, _ multi: UnsafeMutableRawPointer) {
    self.share = share
    self.poller = poller
    self.multi = multi
    process = Process.id
    let context = Unmanaged.passUnretained(self).toOpaque()
    ccurl_multi_on_socket(
      multi, { _, socket, what, context, _ in Engine.from(context)?.watch(socket, what) ?? 0 }, context)
    ccurl_multi_on_timer(
      multi, { _, milliseconds, context in Engine.from(context)?.setTimer(milliseconds) ?? 0 }, context)
  }

  deinit {
    if Process.id == process {
      curl_multi_cleanup(multi)
    } else {
      // libcurl would write to connections that are the parent's.
      for socket in sockets { close(socket) }
    }
  }

  private static func from(_ context: UnsafeMutableRawPointer?) -> Engine? {
    context.map { Unmanaged<Engine>.fromOpaque($0).takeUnretainedValue() }
  }

  private func watch(_ socket: curl_socket_t, _ what: Int32) -> Int32 {
    if what == CURL_POLL_REMOVE {
      poller.forget(socket)
    } else {
      poller.watch(socket, readable: what & CURL_POLL_IN != 0, writable: what & CURL_POLL_OUT != 0)
    }
    return 0
  }

  private func setTimer(_ milliseconds: Int) -> Int32 {
    curlDeadline = milliseconds < 0 ? Clocks.never : csystem_now() + Int64(milliseconds) * 1_000_000
    return 0
  }

  // MARK: use

  /// Takes the engine for a call on this thread. False: the token cannot be watched, no descriptor is free.
  package func begin(_ token: CancelToken?) -> Bool {
    driver = pthread_self()
    if let token, !poller.watch(token: token.descriptor) { return false }
    Process.register(self)
    return true
  }

  package func end(_ token: CancelToken?) {
    guard Process.id == process else { return }
    if let token { poller.forget(token.descriptor) }
    Process.unregister(self)
  }

  /// The thread that drives it may change between two steps.
  package func move() { driver = pthread_self() }

  /// Ends the wait of `step`. Any thread.
  package func wake() { poller.wake() }

  package func start(_ transfer: Transfer) throws(Failure) {
    self.transfer = transfer
    socketError = 0
    transfer.attach(self)
    guard curl_multi_add_handle(multi, transfer.easy) == CURLM_OK else {
      self.transfer = nil
      throw .outOfMemory
    }
    var running: Int32 = 0
    curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running)
    finishTransfers()
  }

  /// Takes the transfer out; a connection that is not at its response's end closes.
  package func remove(_ transfer: Transfer) {
    guard Process.id == process else { return }
    curl_multi_remove_handle(multi, transfer.easy)
    self.transfer = nil
  }

  /// Waits until something happens, at most until `deadline` in monotonic nanoseconds. False: a signal came.
  package func step(until deadline: Int64) -> Bool {
    let now = csystem_now()
    var wait: Int32 = -1
    if min(deadline, curlDeadline) <= now {
      wait = 0
    } else {
      poller.arm(min(deadline, curlDeadline))
    }
    var running: Int32 = 0
    let undisturbed = poller.wait(wait) { source in
      guard case .socket(let socket, let readable, let writable) = source else { return }
      let what = (readable ? CURL_CSELECT_IN : 0) | (writable ? CURL_CSELECT_OUT : 0)
      curl_multi_socket_action(multi, socket, what, &running)
    }
    if curlDeadline <= csystem_now() {
      curlDeadline = Clocks.never
      curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running)
    }
    finishTransfers()
    return undisturbed
  }

  private func finishTransfers() {
    var left: Int32 = 0
    while let message = curl_multi_info_read(multi, &left) {
      guard let transfer, message.pointee.easy_handle == transfer.easy else { continue }
      transfer.finish(ccurl_message_result(message))
    }
  }

  // MARK: sockets, remembered for a forked child

  func openSocket(_ address: UnsafeMutablePointer<curl_sockaddr>?) -> curl_socket_t {
    guard let address = address?.pointee else { return -1 }
    let opened = socket(address.family, address.socktype | Int32(SOCK_CLOEXEC.rawValue), address.protocol)
    if opened < 0 { socketError = csystem_errno() } else { sockets.append(opened) }
    return opened
  }

  func closeSocket(_ socket: curl_socket_t) -> Int32 {
    if let place = sockets.firstIndex(of: socket) { sockets.remove(at: place) }
    return close(socket)
  }
}
