import CCurl
import CSystem
import DosaiCore

/// The receiver of a response.
package protocol TransferReceiver: AnyObject {
  /// A part of the body has arrived. Called inside libcurl: it must only store the bytes. False: it stores no more for
  /// now, and nothing arrives until the transfer is resumed.
  func receive(_ bytes: Bytes) throws(Failure) -> Bool
  /// A line of the response's head has arrived. Called inside libcurl.
  func responseBegan()
  /// All headers of a response have arrived. Called inside libcurl.
  func headersArrived()
  /// The transfer has ended. May be called inside libcurl.
  func finish()
  /// There is a connection, and the request is about to be sent. Called inside libcurl.
  func connected()
}

/// One HTTP request and its response.
package final class Transfer {
  private(set) var easy: UnsafeMutableRawPointer?  // nil once it was given away
  private var receivedInAll: Int64 = 0  // once it was given away
  let options: TransportOptions
  private let isHTTPS: Bool
  let share: CurlShare  // must outlive the handle
  private let url: Buffer
  private let requestHeaders: HeaderList
  private let body: Buffer?
  private unowned(unsafe) let receiver: any TransferReceiver
  private var multi: CurlMulti?
  private let process = ProcessState.id
  private let connectMilliseconds: Int
  private let sendsNothing: Bool
  let message: UnsafeMutablePointer<CChar>

  package let headers = ResponseHeaders()
  /// For a transfer of a loop; the receiver keeps it up to date.
  package private(set) var prefetchList: PrefetchList?
  /// The blank line after the response's headers has arrived.
  package private(set) var hasAnswer = false
  /// In monotonic nanoseconds; -1: not yet.
  package private(set) var readyTime: Int64 = -1
  package private(set) var firstByteTime: Int64 = -1
  package private(set) var reusedConnection = false
  package private(set) var localPort: Int32 = 0
  /// The transfer has ended; `failure` says how.
  package private(set) var isFinished = false
  package private(set) var failure: Failure?
  /// It ended before the request was sent: the connection was no longer usable, or libcurl's own clock for connecting
  /// ran out. The request may be sent again, which does not count as a retry.
  package internal(set) var isUnsent = false
  /// It is unsent because its lookup did not end, but a lookup of only IPv4 addresses did.
  package private(set) var hasIPv4 = false
  /// When `checkProgress` must be called.
  package private(set) var checkTime = Clocks.never
  /// libcurl has a connection for it, or is making one. It reports nothing of a transfer that has to wait for one.
  private(set) var hasBegun = false
  /// libcurl has paused the body, because the receiver was full.
  package var isPaused = false
  /// The complete rounds of the multi handle since the clock ran out, and the last one that was counted.
  var roundsLate = 0
  var lastRound: Int32 = -1
  private(set) var headerBytes = 0
  private(set) var wasSent = false
  private(set) var socketError: Int32 = 0
  private var opened: [Int32] = []  // sockets that were opened for it
  private var connection: Int32 = -1  // its socket
  private static let bufferSize = 32 << 10
  private static let connectMillisecondsMax: Int64 = 2_000_000_000
  private var isDropped = false  // the rest of the body is dropped
  fileprivate var inbox: Unmanaged<Buffer>?
  fileprivate var inboxMax = 0

  /// Without a body it is a GET. `sendsNothing`: it fails as soon as there is a connection, which stays open. The caller
  /// watches the clocks. The receiver must outlive the transfer.
  package static func make(
    _ options: TransportOptions, share: CurlShare, url: Buffer, isHTTPS: Bool, headers: HeaderList, body: Buffer?,
    compressed: Bool, connectTimeout: Int64, isFresh: Bool, isIPv4: Bool, sendsNothing: Bool,
    multi: CurlMulti, receiver: any TransferReceiver
  ) throws(Failure) -> Transfer {
    let message: UnsafeMutablePointer<CChar> = try allocate(Int(CURL_ERROR_SIZE))
    let spare = multi.takeSpare(options)
    guard let easy = spare ?? ProcessState.make(curl_easy_init) else {
      message.deallocate()
      throw .outOfMemory
    }
    // libcurl divides its clock among the addresses of a host. Ours runs out a little earlier.
    let connectMilliseconds = Int(min(connectTimeout / 1_000_000, connectMillisecondsMax) + 100)
    let made = Transfer(
      easy, message, options, isHTTPS, share, url, headers, body, connectMilliseconds, sendsNothing, receiver)
    if spare == nil, let failure = options.apply(to: easy, isHTTPS: isHTTPS, share: share) { throw failure }
    if made.apply(to: easy, compressed, isFresh, isIPv4) != CURLE_OK { throw .outOfMemory }
    return made
  }

  private init(
    _ easy: UnsafeMutableRawPointer, _ message: UnsafeMutablePointer<CChar>, _ options: TransportOptions,
    _ isHTTPS: Bool,
    _ share: CurlShare, _ url: Buffer, _ headers: HeaderList, _ body: Buffer?, _ connectMilliseconds: Int,
    _ sendsNothing: Bool, _ receiver: any TransferReceiver
  ) {
    self.easy = easy
    self.options = options
    self.isHTTPS = isHTTPS
    self.share = share
    self.url = url
    requestHeaders = headers
    self.body = body
    self.connectMilliseconds = connectMilliseconds
    self.sendsNothing = sendsNothing
    self.receiver = receiver
    self.message = message
    message.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
  }

  deinit {
    message.deallocate()
    guard let easy, process == ProcessState.id else { return }
    ccurl_set_pointer(easy, CURLOPT_PRIVATE, nil)
    ProcessState.free { curl_easy_cleanup(easy) }
  }

  /// Sets the options that differ between requests, even to libcurl's default, because the handle may be reused.
  private func apply(
    to easy: UnsafeMutableRawPointer, _ compressed: Bool, _ isFresh: Bool, _ isIPv4: Bool
  ) -> CURLcode {
    let context = Unmanaged.passUnretained(self).toOpaque()
    ccurl_set_pointer(easy, CURLOPT_PRIVATE, context)
    let refusal = ccurl_set_text(easy, CURLOPT_URL, url.cString)
    if refusal != CURLE_OK { return refusal }
    ccurl_set_pointer(easy, CURLOPT_ERRORBUFFER, message)
    ccurl_set_list(easy, CURLOPT_HTTPHEADER, requestHeaders.list)
    if let body {
      ccurl_set_long(easy, CURLOPT_POST, 1)
      ccurl_set_size(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count))
      ccurl_set_pointer(easy, CURLOPT_POSTFIELDS, body.mutable.baseAddress)
    } else {
      ccurl_set_long(easy, CURLOPT_HTTPGET, 1)
    }
    if sendsNothing {
      // An upload that continues at its end: libcurl gives up between the connection and the request, and keeps the
      // connection.
      ccurl_set_long(easy, CURLOPT_UPLOAD, 1)
      ccurl_set_size(easy, CURLOPT_INFILESIZE_LARGE, 1)
      ccurl_set_size(easy, CURLOPT_RESUME_FROM_LARGE, 1)
      ccurl_on_seek(easy) { _, _, _ in CURL_SEEKFUNC_OK }
    }
    ccurl_set_long(easy, CURLOPT_BUFFERSIZE, Self.bufferSize)
    let encodings = compressed ? literal("") : .empty  // NULL: none
    if ccurl_set_text(easy, CURLOPT_ACCEPT_ENCODING, encodings.cString) != CURLE_OK { return CURLE_OUT_OF_MEMORY }
    ccurl_set_long(easy, CURLOPT_FRESH_CONNECT, isFresh ? 1 : 0)
    ccurl_set_long(easy, CURLOPT_FORBID_REUSE, 0)
    ccurl_set_long(easy, CURLOPT_IPRESOLVE, isIPv4 ? Int(CURL_IPRESOLVE_V4) : Int(CURL_IPRESOLVE_WHATEVER))
    ccurl_on_body(easy, receiveBody, context)
    ccurl_on_header(
      easy, { bytes, size, count, context in Transfer.from(context)?.takeHeader(bytes, size &* count) ?? 0 }, context)
    return ccurl_on_ready(
      easy,
      { context, peer, _, peerPort, port in
        Transfer.from(context)?.becomeReady(peer, peerPort, port) ?? 1
      }, context)
  }

  private static func from(_ context: UnsafeMutableRawPointer?) -> Transfer? {
    context.map { Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
  }

  static func of(_ easy: UnsafeMutableRawPointer) -> Transfer? { from(ccurl_info_private(easy)) }

  /// The socket of its connection, or the last one that was opened for it; -1: none is known.
  var socket: Int32 { connection >= 0 ? connection : opened.last ?? -1 }

  func attach(_ multi: CurlMulti, waits: Bool) {
    self.multi = multi
    if multi.servesMany && prefetchList == nil { prefetchList = PrefetchList() }
    ccurl_set_long(easy, CURLOPT_PIPEWAIT, waits ? 1 : 0)
    ccurl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, 0)
    let own = Unmanaged.passUnretained(self).toOpaque()
    ccurl_on_lookup(easy, { _, _, context in Transfer.from(context)?.beginLookup() ?? 1 }, own)
    ccurl_on_open_socket(easy, { context, _, address in Transfer.from(context)?.openSocket(address) ?? -1 }, own)
    ccurl_on_close_socket(
      easy,
      { context, socket in
        guard let context else { return -1 }
        return Unmanaged<CurlMulti>.fromOpaque(context).takeUnretainedValue().shut(socket)
      }, Unmanaged.passUnretained(multi).toOpaque())
  }

  /// Gives away its handle, if the request ended well. The handle keeps the options that all requests share, and
  /// nothing of this request.
  func giveHandle() -> UnsafeMutableRawPointer? {
    guard let easy, isFinished, failure == nil, !sendsNothing else { return nil }
    ccurl_set_pointer(easy, CURLOPT_PRIVATE, nil)
    ccurl_set_pointer(easy, CURLOPT_ERRORBUFFER, nil)
    ccurl_set_list(easy, CURLOPT_HTTPHEADER, nil)
    ccurl_set_pointer(easy, CURLOPT_POSTFIELDS, nil)
    receivedInAll = receivedBytes
    self.easy = nil
    return easy
  }

  /// Its connection must not serve another transfer. Over HTTP/2, libcurl would otherwise keep it.
  package func forbidReuse() { ccurl_set_long(easy, CURLOPT_FORBID_REUSE, 1) }

  /// Appends what arrives next to this buffer, without asking the receiver, as long as that needs no memory and the
  /// buffer has fewer than `max` bytes. It must live until `closeInbox`.
  @inline(__always)
  package func openInbox(_ buffer: Buffer, max: Int) {
    inbox = Unmanaged.passUnretained(buffer)
    inboxMax = max
  }

  @inline(__always)
  package func closeInbox() { inbox = nil }

  /// Drops the rest of the body. True: libcurl may have paused it.
  func dropBody() -> Bool {
    closeInbox()
    isDropped = true
    return hasAnswer && !isFinished
  }

  /// The bytes of bodies, as they came.
  package var receivedBytes: Int64 {
    easy == nil ? receivedInAll : Int64(ccurl_info_size(easy, CURLINFO_SIZE_DOWNLOAD_T))
  }

  /// Whether it may share a connection with others, over HTTP/2.
  package var mayShare: Bool { isHTTPS && !options.http1Only }

  /// Whether its request was sent and is not over, on a connection that others may share.
  var hasStream: Bool { mayShare && wasSent && !isFinished && (!hasAnswer || isHTTP2) }

  /// Makes another handle connect to the same server. False: out of memory.
  func applyRoute(to easy: UnsafeMutableRawPointer) -> Bool {
    options.apply(to: easy, isHTTPS: isHTTPS, share: share) == nil
      && ccurl_set_text(easy, CURLOPT_URL, url.cString) == CURLE_OK
  }

  /// The host's IPv4 addresses are in the cache. If the transfer's own lookup has not ended, it is sent again, to one
  /// of them.
  func retryWithIPv4() {
    guard !isFinished, !wasSent, opened.isEmpty else { return }
    isUnsent = true
    hasIPv4 = true
    isFinished = true
    checkTime = Clocks.never
    receiver.finish()
  }

  // MARK: checks while nothing arrives

  private static let lookupPatience: Int64 = 2_000_000_000
  private static let kickInterval: Int64 = 500_000_000
  /// How long the peer's TCP may acknowledge nothing of a request, and nothing more of one that it has acknowledged in
  /// part.
  private static let patience: Int64 = 5_000_000_000
  private static let longPatience: Int64 = 55_000_000_000
  /// More than the tick of the kernel's clock.
  private static let kernelTick: Int64 = 10_000_000

  /// Checks a transfer that has received nothing for a while. False: its connection is dead. If a part of the request
  /// was acknowledged, the connection may be down only for a while.
  package func checkProgress() -> Bool {
    guard checkTime < Clocks.never, let multi else { return true }
    let now = csystem_now()
    if now < checkTime { return true }
    if readyTime < 0 {
      checkTime = now + Self.kickInterval
      if opened.isEmpty { multi.lookUp(for: self) } else { multi.kick(self) }
      return true
    }
    checkTime = now + Self.patience
    return multi.sockets.unacknowledged(connection) < min(now - readyTime - Self.kernelTick, Self.longPatience)
  }

  // MARK: called by libcurl

  /// libcurl has begun to connect, and looks up the host. If it had known the time limit before, it would have started
  /// a timer that stays when the connection is made: with each event, libcurl sorts the timers of all transfers.
  func limitConnecting() { ccurl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, connectMilliseconds) }

  private func beginLookup() -> Int32 {
    hasBegun = true
    checkTime = csystem_now() + Self.lookupPatience
    return 0
  }

  private func openSocket(_ address: UnsafeMutablePointer<curl_sockaddr>?) -> curl_socket_t {
    hasBegun = true
    guard let address = address?.pointee, let multi else { return -1 }
    let socket = multi.sockets.open(address)
    socketError = socket < 0 ? csystem_errno() : 0
    if socket >= 0 { opened.append(socket) }
    checkTime = csystem_now() + Self.kickInterval
    return socket
  }

  /// There is a connection, and the request is about to be sent. If a reused connection fails after that, libcurl would
  /// silently send the request again; but whether to retry is our decision.
  private func becomeReady(_ peer: UnsafePointer<CChar>?, _ peerPort: Int32, _ localPort: Int32) -> Int32 {
    if wasSent || isFinished { return CURL_PREREQFUNC_ABORT }  // finished: it will be sent again
    hasBegun = true
    reusedConnection = ccurl_info_long(easy, CURLINFO_NUM_CONNECTS) == 0
    guard let multi else { return CURL_PREREQFUNC_ABORT }
    let ends = Ends(peer, peerPort, localPort: localPort)
    if reusedConnection {
      connection = multi.find(ends)
      if multi.sockets.isStale(connection, hasPending: ccurl_has_pending(easy) != 0) {
        isUnsent = true
        forbidReuse()
        return CURL_PREREQFUNC_ABORT
      }
    } else {
      connection = multi.sockets.connect(opened, ends, isExclusive: !mayShare)
    }
    wasSent = true
    self.localPort = localPort
    readyTime = csystem_now()
    checkTime = readyTime + Self.patience
    receiver.connected()
    return CURL_PREREQFUNC_OK
  }

  private func takeHeader(_ start: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
    let line = Bytes(start: UnsafeRawPointer(start)?.assumingMemoryBound(to: UInt8.self), count: count)
    if firstByteTime < 0 {
      firstByteTime = csystem_now()
      checkTime = Clocks.never
    }
    headerBytes += count
    do throws(Failure) {
      if headerBytes > options.headerBytesMax { throw Self.tooManyHeaders }
      if hasAnswer { return count }  // a trailer
      try headers.add(line: line)
      if headers.httpStatus >= 200 { receiver.responseBegan() }  // no 1xx is the response
      if headers.isOver {
        // No request asks for another protocol.
        if headers.httpStatus == 101 { throw Failure(.malformed, "the answer is not HTTP") }
        hasAnswer = headers.httpStatus >= 200
        if mayShare, !isHTTP2 { multi?.sockets.makeExclusive(connection) }
        if hasAnswer { receiver.headersArrived() }
      }
      return count
    } catch {
      failure = error
      return 0
    }
  }

  /// Whether libcurl knows where the answer ends, so that a connection that is closed too early is a failure.
  package var isDelimited: Bool {
    isHTTP2 || ccurl_info_size(easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T) >= 0
      || headers.lists("transfer-encoding", literal("chunked"))
  }

  private var isHTTP2: Bool { ccurl_info_long(easy, CURLINFO_HTTP_VERSION) == CURL_HTTP_VERSION_2_0 }

  fileprivate func passOn(_ bytes: Bytes) -> Int {
    if isDropped { return bytes.count }
    do throws(Failure) {
      if try receiver.receive(bytes) { return bytes.count }
      isPaused = true
      return Int(CURL_WRITEFUNC_PAUSE)
    } catch {
      failure = error
      return 0
    }
  }

  // MARK: the end

  static var tooManyHeaders: Failure {
    Failure(.tooLarge, "the response's headers are larger than max_header_bytes")
  }

  func finish(_ result: CURLcode) {
    if isFinished { return }
    isFinished = true
    checkTime = Clocks.never
    if failure == nil && result != CURLE_OK && !isEnd(result) { failure = explain(result) }
    // libcurl 8.5 to 8.9 may finish a paused transfer, and lose what was not delivered.
    if failure == nil && isPaused { failure = Failure(.truncated, "libcurl lost a part of the answer") }
    receiver.finish()
  }
}

/// libcurl's write function, which it may call for each event. `size` is always 1. A closure would cost one call more.
@_cdecl("transfer_receive_body") @inline(__always)
func receiveBody(
  _ start: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
  guard let context, let start else { return 0 }
  let transfer = Unmanaged<Transfer>.fromOpaque(context)
  let bytes = Bytes(start: UnsafeRawPointer(start).assumingMemoryBound(to: UInt8.self), count: count)
  let isAdded = transfer._withUnsafeGuaranteedRef { transfer in
    transfer.inbox?._withUnsafeGuaranteedRef { $0.addInPlace(bytes, upTo: transfer.inboxMax) } == true
  }
  return isAdded ? count : passOn(transfer, bytes)
}

@inline(never)
private func passOn(_ transfer: Unmanaged<Transfer>, _ bytes: Bytes) -> Int {
  transfer._withUnsafeGuaranteedRef { $0.passOn(bytes) }
}
