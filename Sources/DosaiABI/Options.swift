import CDosai
import CSystem
import DosAIEngine
import DosaiCore
import DosaiHTTP

/// The kernel's limit for the path of a unix socket, without the NUL.
private let unixSocketPathMax = 107
private let headersMax = 1000

private func duration(_ milliseconds: Int64, _ current: Int64, _ message: Constant) throws(Failure) -> Int64 {
  if milliseconds == 0 { return current }
  if milliseconds == -1 { return Clocks.never }
  guard milliseconds > 0 else { throw .invalid(message) }
  let (nanoseconds, overflow) = milliseconds.multipliedReportingOverflow(by: 1_000_000)
  return overflow ? Clocks.never : nanoseconds
}

private func copy(_ text: UnsafePointer<CChar>?) throws(Failure) -> Buffer? {
  guard let text else { return nil }
  let copy = Buffer()
  try copy.append(cStringBytes(text))
  try copy.reserve(0)
  return copy
}

extension ClientSettings {
  /// INVALID_ARGUMENT: the message names the option.
  init(_ pointer: UnsafePointer<dosai_client_options>?) throws(Failure) {
    let options = try dosai_client_options(copying: pointer)
    self.init(baseURL: try BaseURL(options.base_url.map { cStringBytes($0) } ?? literal("https://api.dos.ai/v1")))
    try readTransport(options)
    try readKey(options)
    try readFields(options)
    limits = try Limits(options)
    transport.headerBytesMax = limits.headerBytes
    try clocks.read(
      options.connect_timeout_ms, options.first_token_timeout_ms, options.idle_timeout_ms, options.total_timeout_ms)
    try retry.read(options.max_retries)
    guard options.max_redirects >= 0, options.max_redirects <= 5 else {
      throw .invalid("max_redirects: must be between 0 and 5")
    }
    redirectsMax = Int(options.max_redirects)
    rate = try RateSettings(options.requests_per_minute, options.tokens_per_minute)
    if let function = options.on_event { observer = makeObserver(function, options.event_user_data) }
    guard options.log_level >= 0, options.log_level <= 4 else { throw .invalid("log_level: must be between 0 and 4") }
    if let function = options.on_log, options.log_level > 0 {
      log = Log(level: options.log_level, function: function, context: options.log_user_data)
    }
  }

  private mutating func readKey(_ options: dosai_client_options) throws(Failure) {
    let agent = Buffer()
    try agent.append("dosai/")
    try agent.append(version)
    fields.set(try HeaderField(literal("User-Agent"), agent.bytes))
    if let start = options.api_key_header {
      let given = cStringBytes(start)
      if given.isEmpty { throw .invalid("api_key_header: must not be empty") }
      for byte in given where !HeaderField.isNameByte(byte) {
        throw .invalid("api_key_header: has a character that header names cannot have")
      }
      if given.isOfTransport || given.equalsIgnoringCase(literal("host")) {
        throw .invalid("api_key_header: the transport sets this header itself")
      }
      key.header = try Buffer(copying: given)
    }
    key.function = options.key_fn
    key.context = options.key_user_data
    if options.api_key == nil && key.function == nil { return }
    // A proxy would look up a loopback URL on its own host.
    let isHere = (baseURL.isLoopback && transport.proxy == nil) || options.unix_socket != nil
    if !baseURL.isHTTPS && !isHere && options.allow_insecure_http != 1 {
      throw .invalid("base_url: a key would go over plain http to another host; use https or allow_insecure_http")
    }
    guard let start = options.api_key else { return }
    if key.function != nil { throw .invalid("key_fn: is in place of api_key") }
    let fixed = cStringBytes(start)
    fields.set(try key.field(fixed))
    secret = try Secret(fixed)
  }

  private mutating func readFields(_ options: dosai_client_options) throws(Failure) {
    try addField("OpenAI-Organization", options.organization, "organization: has a character that headers cannot have")
    try addField("OpenAI-Project", options.project, "project: has a character that headers cannot have")
    try addField("User-Agent", options.user_agent, "user_agent: has a character that headers cannot have")
    for field in try readHeaders(options.headers, options.header_count) { fields.set(field) }
  }

  private mutating func addField(
    _ name: StaticString, _ value: UnsafePointer<CChar>?, _ message: Constant
  ) throws(Failure) {
    guard let value else { return }
    try HeaderField.check(cStringBytes(value), message)
    fields.set(try HeaderField(name.bytes, cStringBytes(value).trimmed))
  }

  private func readTransport(_ options: dosai_client_options) throws(Failure) {
    transport.caFile = try copy(options.ca_file)
    if let pem = options.ca_pem {
      transport.caText = try Buffer(copying: try text(pem, options.ca_pem_length, "ca_pem: is NULL"))
    }
    transport.certificateFile = try copy(options.client_certificate_file)
    transport.keyFile = try copy(options.client_key_file)
    if let password = options.client_key_password { transport.keyPassword = try Secret(cStringBytes(password)) }
    if let proxy = options.proxy, proxy.pointee != 0 {
      try check(proxy: cStringBytes(proxy))
      transport.proxy = try Secret(cStringBytes(proxy))
    }
    transport.proxyFromEnvironment = options.proxy_from_environment == 1
    transport.unixSocket = try copy(options.unix_socket)
    if let path = transport.unixSocket, path.count > unixSocketPathMax {
      throw .invalid("unix_socket: is longer than 107 bytes")
    }
    transport.http1Only = options.http1_only == 1
    transport.keepAlive = try duration(
      options.keep_alive_timeout_ms, transport.keepAlive, "keep_alive_timeout_ms: must be -1, 0 or more")
    for flag in [options.proxy_from_environment, options.http1_only, options.allow_insecure_http]
    where flag != 0 && flag != 1 {
      throw .invalid("options: a flag must be 0 or 1")
    }
  }

  private func check(proxy: Bytes) throws(Failure) {
    try HeaderField.check(proxy, "proxy: has a control character or a character that is not ASCII")
    for scheme in ["http://", "https://", "socks4://", "socks4a://", "socks5://", "socks5h://"] as [StaticString] {
      if proxy.count > scheme.utf8CodeUnitCount, proxy.starts(with: scheme) { return }
    }
    throw .invalid("proxy: must begin with http://, https://, socks4://, socks4a://, socks5:// or socks5h://")
  }
}

extension CallSettings {
  init(_ client: Client, _ pointer: UnsafePointer<dosai_call_options>?) throws(Failure) {
    self.init(client.settings)
    guard let pointer else { return }
    var options = dosai_call_options()
    try read(pointer, into: &options, least: MemoryLayout<dosai_call_options>.size)
    try clocks.read(
      options.connect_timeout_ms, options.first_token_timeout_ms, options.idle_timeout_ms, options.total_timeout_ms)
    try retry.read(options.max_retries)
    fields = try readHeaders(options.headers, options.header_count)
    if let handle = options.cancel {
      token = try Handle.borrow(handle, CancelToken.self, "cancel: is not a cancel token")
    }
    lastEvent = try copy(options.last_event)
    if lastEvent?.bytes.trimmed.isEmpty == true { throw .invalid("last_event: must not be empty") }
    onWait = options.on_wait
    waitContext = options.wait_user_data
    guard options.wait_interval_ms >= 0 else { throw .invalid("wait_interval_ms: must not be negative") }
    waitInterval = try duration(options.wait_interval_ms, waitInterval, "wait_interval_ms: must not be negative")
  }
}

private func readHeaders(
  _ lines: UnsafePointer<UnsafePointer<CChar>?>?, _ count: Int
) throws(Failure) -> [HeaderField] {
  guard count != 0 else { return [] }
  guard let lines, count > 0, count <= headersMax else { throw .invalid("headers: must not be NULL, and at most 1000") }
  var fields: [HeaderField] = []
  for i in 0..<count {
    guard let line = lines[i] else { throw .invalid("headers: an element is NULL") }
    fields.set(try HeaderField.parse(cStringBytes(line)))
  }
  return fields
}

extension RateSettings {
  init(_ requests: Int64, _ tokens: Int64) throws(Failure) {
    self.init()
    guard requests >= -1 else { throw .invalid("requests_per_minute: must be -1, 0 or more") }
    guard tokens >= -1 else { throw .invalid("tokens_per_minute: must be -1, 0 or more") }
    self.requests = requests
    self.tokens = tokens
  }
}

extension Clocks {
  fileprivate mutating func read(
    _ connectMs: Int64, _ firstTokenMs: Int64, _ idleMs: Int64, _ totalMs: Int64
  ) throws(Failure) {
    connect = try duration(connectMs, connect, "connect_timeout_ms: must be -1, 0 or more")
    firstToken = try duration(firstTokenMs, firstToken, "first_token_timeout_ms: must be -1, 0 or more")
    idle = try duration(idleMs, idle, "idle_timeout_ms: must be -1, 0 or more")
    if totalMs != 0 { total = try duration(totalMs, 0, "total_timeout_ms: must be -1, 0 or more") }
  }
}

extension RetryPolicy {
  fileprivate mutating func read(_ maxRetries: Int32) throws(Failure) {
    if maxRetries == 0 { return }
    guard maxRetries >= -1, maxRetries <= 100 else { throw .invalid("max_retries: must be between -1 and 100") }
    retriesMax = max(0, Int(maxRetries))
  }
}
