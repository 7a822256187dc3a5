import CSystem
import DosaiCore
import DosaiHTTP

/// The checked options of a client.
package struct ClientSettings {
  package var baseURL: BaseURL
  package var secret: Secret?
  package var key = Key()
  package var fields: [HeaderField] = []
  package var transport = TransportOptions()
  package var limits = Limits()
  package var clocks = Clocks()
  package var retry = RetryPolicy()
  package var redirectsMax = 0
  package var rate = RateSettings()
  package var log: Log?
  package var observer: Observer?

  package init(baseURL: BaseURL) { self.baseURL = baseURL }
}

/// The options of a call, which by default are those of its client.
package struct CallSettings {
  package var clocks: Clocks
  package var retry: RetryPolicy
  package var fields: [HeaderField] = []
  package var token: CancelToken?
  /// The types or data of the events that end a stream of events, separated by spaces; nil: its connection ends it.
  package var lastEvent: Buffer?
  package var onWait: (@convention(c) (UnsafeMutableRawPointer?) -> Int32)?
  package var waitContext: UnsafeMutableRawPointer?
  /// In nanoseconds.
  package var waitInterval: Int64 = 100_000_000
  /// No wait of the call is so long that another thread would have to end it.
  var looksOften: Bool { onWait != nil && waitInterval <= 100_000_000 }

  package init(_ client: ClientSettings) {
    clocks = client.clocks
    retry = client.retry
  }
}

/// A client: a server, the key, the limits, and a pool of idle multi handles. Only the pool changes. Any number of
/// threads may use it at once.
package final class Client {
  package static let idleMax = 64

  package let settings: ClientSettings
  /// The name of the host, or HTTP proxy, for which libcurl counts connections.
  let connectionHost: Buffer
  let share: CurlShare
  let limiter: RateLimiter?
  private let process = ProcessState.id
  private let mutex: Mutex
  private var idle: [CurlMulti] = []
  private var headers: [HeaderList] = []  // for a GET, a POST and a stream

  /// RESOURCE: no descriptor is free, or libcurl is too old.
  package static func make(_ settings: ClientSettings) throws(Failure) -> Client {
    try ProcessState.start()
    let client = Client(settings, try CurlShare.make(), try settings.rate.makeLimiter(), try Mutex.make())
    client.idle.append(try CurlMulti.make(forLoop: false))
    for kind in [(false, false), (true, false), (true, true)] {
      client.headers.append(try client.makeHeaders([], body: kind.0, streaming: kind.1))
    }
    return client
  }

  private init(_ settings: ClientSettings, _ share: CurlShare, _ limiter: RateLimiter?, _ mutex: Mutex) {
    self.settings = settings
    var host = settings.baseURL.hostAndPort
    if !settings.baseURL.isHTTPS, let proxy = settings.transport.proxy, proxy.bytes.first == UInt8(ascii: "h") {
      host = proxy.buffer  // http or https, and not SOCKS
    }
    connectionHost = host
    self.share = share
    self.limiter = limiter
    self.mutex = mutex
  }

  /// Whether this process made it, and not the parent before a fork.
  @inline(__always)
  package var isOurs: Bool { ProcessState.isKnown(process) || process == ProcessState.id }

  func borrow() throws(Failure) -> CurlMulti {
    if let multi = mutex.locked({ idle.popLast() }) { return multi }
    return try CurlMulti.make(forLoop: false)
  }

  func giveBack(_ multi: CurlMulti) {
    guard isOurs, !multi.isOutOfMemory else { return }
    // One that is not kept closes its connections, once nobody has a reference to it.
    mutex.locked { if idle.count < Self.idleMax { idle.append(multi) } }
  }

  /// The headers of a request; `own` are those of the call, `key` that of the attempt.
  func headers(
    _ own: [HeaderField], key: HeaderField? = nil, body: Bool, streaming: Bool
  ) throws(Failure) -> HeaderList {
    if own.isEmpty && key == nil { return headers[streaming ? 2 : body ? 1 : 0] }
    return try makeHeaders(own, key: key, body: body, streaming: streaming)
  }

  private func makeHeaders(
    _ own: [HeaderField], key: HeaderField? = nil, body: Bool, streaming: Bool
  ) throws(Failure) -> HeaderList {
    var fields: [HeaderField] = []
    let accepted: StaticString = streaming ? "text/event-stream" : "application/json"
    fields.append(try HeaderField(literal("Accept"), accepted.bytes))
    if body { fields.append(try HeaderField(literal("Content-Type"), literal("application/json"))) }
    if let key { fields.set(key) }
    for field in settings.fields { fields.set(field) }
    for field in own { fields.set(field) }
    let list = HeaderList()
    for field in fields { try list.add(field.name.bytes, field.value.bytes) }
    // Otherwise, libcurl waits a second before it sends a body over 1 MB.
    try list.suppress("Expect")
    return list
  }
}
