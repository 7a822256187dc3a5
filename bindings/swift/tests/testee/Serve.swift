// `testee --serve`: see Tests/Bindings/README.md.
import Dispatch
import Dosai
import Support

#if canImport(Glibc)
  import Glibc
#else
  import Musl
#endif

struct Unknown: Error {
  let what: String
}

func set(_ name: String, _ value: JSON, _ options: inout ClientOptions) throws(Unknown) {
  let number = value.int ?? 0
  let time: Duration? = number == 0 ? nil : .milliseconds(number)
  switch name {
  case "api_key": options.apiKey = value.text
  case "api_key_header": options.apiKeyHeader = value.text
  case "organization": options.organization = value.text
  case "project": options.project = value.text
  case "user_agent": options.userAgent = value.text
  case "headers": options.headers = value.elements.compactMap(\.text)
  case "ca_file": options.caFile = value.text
  case "ca_pem": options.caPEM = value.text
  case "client_certificate_file": options.clientCertificateFile = value.text
  case "client_key_file": options.clientKeyFile = value.text
  case "client_key_password": options.clientKeyPassword = value.text
  case "proxy": options.proxy = value.text
  case "unix_socket": options.unixSocket = value.text
  case "max_retries": options.maxRetries = number
  case "connect_timeout_ms": options.connectTimeout = time
  case "first_token_timeout_ms": options.firstTokenTimeout = time
  case "idle_timeout_ms": options.idleTimeout = time
  case "total_timeout_ms": options.totalTimeout = time
  case "keep_alive_timeout_ms": options.keepAliveTimeout = time
  case "max_event_bytes": options.maxEventBytes = number
  case "max_response_bytes": options.maxResponseBytes = number
  case "max_text_bytes": options.maxTextBytes = number
  case "max_header_bytes": options.maxHeaderBytes = number
  case "max_json_nodes": options.maxJSONNodes = number
  case "max_json_depth": options.maxJSONDepth = number
  case "max_choices": options.maxChoices = number
  case "max_tool_calls": options.maxToolCalls = number
  case "max_redirects": options.maxRedirects = number
  case "allow_insecure_http": options.allowInsecureHTTP = number != 0
  case "proxy_from_environment": options.proxyFromEnvironment = number != 0
  case "http1_only": options.http1Only = number != 0
  case "requests_per_minute": options.requestsPerMinute = number
  case "tokens_per_minute": options.tokensPerMinute = number
  default: throw Unknown(what: "an unknown option: " + name)
  }
}

/// What has been read, and when to stop.
final class Reading: @unchecked Sendable {
  let cancelAfter: Int?
  let dropAfter: Int?
  let pauseAfter: Int?
  let cancelAfterMS: Int?
  var events: [Event] = []
  private var isOpen = false

  init(_ asked: JSON) {
    cancelAfter = asked["cancel_after"]?.int
    dropAfter = asked["drop_after"]?.int
    pauseAfter = asked["pause_after"]?.int
    cancelAfterMS = asked["cancel_after_ms"]?.int
  }

  var isPaused: Bool { !isOpen && events.count == pauseAfter }
  var isCancelledAtOnce: Bool { cancelAfter == 0 || cancelAfterMS == 0 }

  func later(_ cancel: @escaping @Sendable () -> Void) {
    guard let cancelAfterMS, cancelAfterMS > 0 else { return }
    DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(cancelAfterMS), execute: cancel)
  }

  /// Whether to go on.
  func take(_ chunk: Chunk, _ cancel: () -> Void) -> Bool {
    if !isOpen { events.append(Event(json: chunk.json)) }
    isOpen = !chunk.isLastInEvent
    events[events.count - 1].take(chunk)
    if isOpen { return true }
    if events.count == cancelAfter { cancel() }
    return events.count != dropAfter
  }
}

let pause = 300  // milliseconds

func read(_ chunks: BlockingStream, _ reading: Reading? = nil, _ take: (Chunk) -> Bool) throws -> Completion? {
  while let chunk = try chunks.next() {
    if !take(chunk) { break }
    if reading?.isPaused == true { usleep(UInt32(pause) * 1000) }
  }
  return chunks.completion
}

func readAsync(_ stream: ChatStream, _ reading: Reading? = nil, _ take: (Chunk) -> Bool) async throws -> Completion? {
  for try await chunk in stream {
    if !take(chunk) { break }
    if reading?.isPaused == true { try await Task.sleep(for: .milliseconds(pause)) }
  }
  return stream.completion
}

func blocking(_ client: Client, _ request: Request, _ reading: Reading, isWhole: Bool) throws -> Completion? {
  let token = try CancelToken()
  if reading.isCancelledAtOnce { token.cancel() }
  reading.later { token.cancel() }
  let options = CallOptions(cancel: token)
  return isWhole
    ? try client.blocking.chat(request, options)
    : try read(client.blocking.stream(request, options), reading) { reading.take($0, token.cancel) }
}

func asynchronous(_ client: Client, _ request: Request, _ reading: Reading, isWhole: Bool) async throws -> Completion? {
  let task = Task {
    if reading.isCancelledAtOnce { withUnsafeCurrentTask { $0?.cancel() } }
    return isWhole
      ? try await client.chat(request)
      : try await readAsync(client.stream(request), reading) {
        reading.take($0) { withUnsafeCurrentTask { $0?.cancel() } }
      }
  }
  reading.later { task.cancel() }
  return try await task.value
}

actor Server {
  private var clients: [String: Client] = [:]

  private func client(_ asked: JSON) throws -> Client {
    let key = (asked["url"]?.raw ?? "") + (asked["options"]?.raw ?? "")
    if let kept = clients[key] { return kept }
    var options = ClientOptions(baseURL: asked["url"]?.text)
    for (name, value) in asked["options"]?.members ?? [] { try set(name, value, &options) }
    let client = try Client(options)
    clients[key] = client
    return client
  }

  func answer(_ asked: JSON) async -> String {
    let reading = Reading(asked)
    var answer: Completion?
    var error: DosaiError?
    do {
      let client = try client(asked)
      let request = try Request(json: asked["request"]?.raw ?? "")
      switch asked["face"]?.text {
      case "whole": answer = try blocking(client, request, reading, isWhole: true)
      case "stream": answer = try blocking(client, request, reading, isWhole: false)
      case "async_whole": answer = try await asynchronous(client, request, reading, isWhole: true)
      case "async_stream": answer = try await asynchronous(client, request, reading, isWhole: false)
      default: throw Unknown(what: "an unknown face")
      }
    } catch let failure as DosaiError {
      error = failure
    } catch let failure {
      return JSON.object(["failed": JSON.quote("\(failure)")])
    }
    return JSON.object([
      "status": JSON.quote("\(error?.status ?? .ok)"), "chunks": JSON.array(reading.events.map(\.form)),
      "completion": form(answer), "error": form(error),
    ])
  }
}
