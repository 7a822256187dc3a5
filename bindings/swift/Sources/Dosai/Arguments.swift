import CLibdosai

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Cancels the calls that use it, from any thread.
public final class CancelToken: Sendable {
  let handle: Handle

  public init() throws(DosaiError) {
    handle = try make(dosai_cancel_free) { dosai_cancel_new($0, $1) }
  }

  public func cancel() { dosai_cancel_trigger(handle.pointer) }
  public var isCancelled: Bool { dosai_cancel_is_triggered(handle.pointer) == 1 }
}

/// C strings, for as long as the library may read them.
private final class Texts {
  private var words: [UnsafeMutablePointer<CChar>] = []
  private var lists: [UnsafeMutablePointer<UnsafePointer<CChar>?>] = []

  deinit {
    for word in words {
      _ = memset(word, 0, strlen(word))  // a key is among them
      free(word)
    }
    for list in lists { list.deallocate() }
  }

  func word(_ text: String?) throws(DosaiError) -> UnsafePointer<CChar>? {
    guard let text = try text?.word(), let copy = strdup(text) else { return nil }
    words.append(copy)
    return UnsafePointer(copy)
  }

  func list(_ texts: [String]) throws(DosaiError) -> UnsafePointer<UnsafePointer<CChar>?>? {
    guard !texts.isEmpty else { return nil }
    let list = UnsafeMutablePointer<UnsafePointer<CChar>?>.allocate(capacity: texts.count)
    lists.append(list)
    for (at, text) in texts.enumerated() { (list + at).initialize(to: try word(text)) }
    return UnsafePointer(list)
  }
}

private func ms(_ time: Duration?) -> Int64 { time?.milliseconds ?? 0 }

private func given(_ value: String?, _ name: String) -> String? {
  let found = value ?? getenv(name).map { String(cString: $0) }
  return found == "" ? nil : found
}

extension CallOptions {
  /// Calls C with the options.
  func pass<Result>(_ work: (UnsafePointer<dosai_call_options>) throws(DosaiError) -> Result) throws(DosaiError)
    -> Result
  {
    let texts = Texts()
    defer { withExtendedLifetime((texts, cancel)) {} }
    var to = dosai_call_options()
    dosai_call_options_init(&to, MemoryLayout<dosai_call_options>.size)
    to.max_retries = Int32(clamping: maxRetries)
    to.connect_timeout_ms = ms(connectTimeout)
    to.first_token_timeout_ms = ms(firstTokenTimeout)
    to.idle_timeout_ms = ms(idleTimeout)
    to.total_timeout_ms = ms(totalTimeout)
    to.headers = try texts.list(headers)
    to.header_count = headers.count
    to.last_event = try texts.word(lastEvent)
    to.cancel = cancel?.handle.pointer
    return try work(&to)
  }
}

extension ClientOptions {
  func makeClient() throws(DosaiError) -> Handle {
    let texts = Texts()
    defer { withExtendedLifetime(texts) {} }
    var to = dosai_client_options()
    dosai_client_options_init(&to, MemoryLayout<dosai_client_options>.size)
    to.base_url = try texts.word(given(baseURL, "DOSAI_BASE_URL"))
    to.api_key = try texts.word(given(apiKey, "DOSAI_API_KEY"))
    to.api_key_header = try texts.word(apiKeyHeader)
    to.organization = try texts.word(organization)
    to.project = try texts.word(project)
    to.user_agent = try texts.word(userAgent)
    to.headers = try texts.list(headers)
    to.header_count = headers.count
    to.ca_file = try texts.word(caFile)
    to.ca_pem = try texts.word(caPEM)
    to.ca_pem_length = -1
    to.client_certificate_file = try texts.word(clientCertificateFile)
    to.client_key_file = try texts.word(clientKeyFile)
    to.client_key_password = try texts.word(clientKeyPassword)
    to.proxy = try texts.word(proxy)
    to.unix_socket = try texts.word(unixSocket)
    setLimits(&to)
    return try make(dosai_client_free) { dosai_client_new(&to, $0, $1) }
  }

  private func setLimits(_ to: inout dosai_client_options) {
    to.max_retries = Int32(clamping: maxRetries)
    to.connect_timeout_ms = ms(connectTimeout)
    to.first_token_timeout_ms = ms(firstTokenTimeout)
    to.idle_timeout_ms = ms(idleTimeout)
    to.total_timeout_ms = ms(totalTimeout)
    to.keep_alive_timeout_ms = ms(keepAliveTimeout)
    to.max_event_bytes = Int64(maxEventBytes)
    to.max_response_bytes = Int64(maxResponseBytes)
    to.max_text_bytes = Int64(maxTextBytes)
    to.max_header_bytes = Int64(maxHeaderBytes)
    to.max_json_nodes = Int32(clamping: maxJSONNodes)
    to.max_json_depth = Int32(clamping: maxJSONDepth)
    to.max_choices = Int32(clamping: maxChoices)
    to.max_tool_calls = Int32(clamping: maxToolCalls)
    to.max_redirects = Int32(clamping: maxRedirects)
    to.allow_insecure_http = allowInsecureHTTP ? 1 : 0
    to.proxy_from_environment = proxyFromEnvironment ? 1 : 0
    to.http1_only = http1Only ? 1 : 0
    to.requests_per_minute = Int64(requestsPerMinute)
    to.tokens_per_minute = Int64(tokensPerMinute)
  }

  func makeLoop() throws(DosaiError) -> OpaquePointer {
    var to = dosai_loop_options()
    dosai_loop_options_init(&to, MemoryLayout<dosai_loop_options>.size)
    to.max_in_flight = Int32(clamping: maxInFlight)
    to.max_connections_per_host = Int32(clamping: maxConnectionsPerHost)
    var loop: OpaquePointer?
    try check { dosai_loop_new(&to, &loop, $0) }
    guard let loop else { throw DosaiError(.internal, "the library made no loop") }
    return loop
  }
}
