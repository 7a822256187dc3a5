// What the tests have in common: see Tests/Support/own_tests.py.
import Dosai

#if canImport(Glibc)
  @preconcurrency import Glibc
#else
  @preconcurrency import Musl
#endif

public func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

private let url = environment("DOSAI_TEST_URL") ?? ""

private func parts(of text: String, at mark: String) -> (String, String)? {
  for at in text.indices where text[at...].hasPrefix(mark) {
    return (String(text[..<at]), String(text[at...].dropFirst(mark.count)))
  }
  return nil
}

public func client(_ script: String, _ change: (inout ClientOptions) -> Void = { _ in }) throws -> Client {
  let (before, after) = parts(of: url, at: "NAME") ?? (url, "")
  var options = ClientOptions(baseURL: before + script + after, apiKey: "k")
  options.maxRetries = -1
  options.totalTimeout = .seconds(20)
  change(&options)
  return try Client(options)
}

public func question(_ model: String = "m") throws -> Request { try Request(model: model, .user("Hello!")) }

public struct Wrong: Error, CustomStringConvertible {
  public let description: String
  public init(_ description: String) { self.description = description }
}

public func same<T: Equatable>(_ wanted: T, _ found: T, line: Int = #line) throws {
  if wanted != found { throw Wrong("line \(line): not \(wanted), but \(found)") }
}

@discardableResult
public func fails(_ status: Status, line: Int = #line, _ work: () throws -> Void) throws -> DosaiError {
  do {
    try work()
  } catch let error as DosaiError {
    try same(status, error.status, line: line)
    return error
  }
  throw Wrong("line \(line): it does not fail: \(status)")
}

@discardableResult
public func failsAsync(_ status: Status, line: Int = #line, _ work: () async throws -> Void) async throws -> DosaiError
{
  do {
    try await work()
  } catch let error as DosaiError {
    try same(status, error.status, line: line)
    return error
  }
  throw Wrong("line \(line): it does not fail: \(status)")
}

public func contents(_ chunks: BlockingStream) throws -> String {
  var text = ""
  while let chunk = try chunks.next() { text += chunk.content }
  return text
}

public func contentsAsync(_ stream: ChatStream) async throws -> String {
  var text = ""
  for try await chunk in stream { text += chunk.content }
  return text
}

public func took(_ since: ContinuousClock.Instant, _ limit: Int) {
  let (seconds, rest) = (ContinuousClock.now - since).components
  print("took \(Double(seconds) * 1e3 + Double(rest) / 1e15) \(limit)")
}

/// Waits until no more connections of a script are open; some there were.
public func gone(_ script: String, left: Int = 0, line: Int = #line) async throws {
  let server = try Client(ClientOptions(baseURL: parts(of: url, at: "/s/")?.0))
  var stats = JSON("{}")
  for _ in 0..<500 {
    stats = JSON(try await server.get("/stats/" + script).json)
    if let all = stats["connections"]?.int, let ended = stats["ended"]?.int, all > 0, all - ended <= left { return }
    try await Task.sleep(for: .milliseconds(10))
  }
  throw Wrong("line \(line): connections stay open: \(stats.raw)")
}

public func test(_ name: String, _ work: () async throws -> Void) async {
  do {
    try await work()
    print("ok " + name)
  } catch {
    print("FAIL \(name): \(error)")
    exit(1)
  }
  fflush(nil)
}
