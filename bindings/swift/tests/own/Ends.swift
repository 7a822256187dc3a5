// How calls end before their time. What is left open of them, the server tells.
import Dispatch
import Dosai
import Support

#if canImport(Glibc)
  import Glibc
#else
  import Musl
#endif

func ends() async {
  var kept: [Any] = []  // until the process ends, in the middle
  do {
    let client = try client("endless")
    let chunks = client.blocking.stream(try question())
    _ = try chunks.next()
    var more = client.stream(try question()).makeAsyncIterator()
    _ = try await more.next()
    kept = [chunks, more, Task { try await client.chat(try question()) }]
    Task.detached { try contents(client.blocking.stream(try question())) }
  } catch {
    print(error)
  }
  await test("cancel in the loop", cancelInside)
  await test("cancel what waits", cancelWaiting)
  await test("deadlines", deadlines)
  await test("leaving", leaving)
  await test("clients", clients)
  await test("races", races)
  withExtendedLifetime(kept) {}
}

private func cancelInside() async throws {
  let endless = try client("endless")
  let token = try CancelToken()
  var since = ContinuousClock.now
  let error = try fails(.cancelled) {
    let chunks = endless.blocking.stream(try question(), CallOptions(cancel: token))
    for _ in 0..<2 { _ = try chunks.next() }
    since = .now
    token.cancel()
    _ = try chunks.next()
  }
  took(since, 50)
  try same(true, token.isCancelled)
  try same("0 1 ", error.completion?.text)
  try fails(.cancelled) { _ = try endless.blocking.chat(try question(), CallOptions(cancel: token)) }
  let task = Task { () throws(DosaiError) -> ContinuousClock.Instant in
    var (count, since) = (0, ContinuousClock.now)
    do throws(DosaiError) {
      for try await _ in endless.stream(try Request(model: "m", .user("Hello!"))) {
        count += 1
        if count == 2 { withUnsafeCurrentTask { $0?.cancel() } }
        since = .now
      }
    } catch {
      guard count == 2, error.status == .cancelled, error.completion?.text.hasPrefix("0 1 ") == true else {
        throw error
      }
      return since
    }
    return since - .seconds(10)
  }
  took(try await task.value, 50)
  let late = Task {
    withUnsafeCurrentTask { $0?.cancel() }
    try await failsAsync(.cancelled) { _ = try await endless.chat(try question()) }
    try await failsAsync(.cancelled) { _ = try await contentsAsync(endless.stream(try question())) }
  }
  try await late.value
}

/// Whoever waits for what.
private func cancelWaiting() async throws {
  let endless = try client("endless")
  let token = try CancelToken()
  let options = CallOptions(cancel: token)
  let queue = DispatchQueue(label: "blocking", attributes: .concurrent)
  let blocking: [@Sendable () throws -> Void] = [
    { _ = try endless.blocking.chat(try question(), options) },
    { _ = try contents(endless.blocking.stream(try question(), options)) },
    { _ = try endless.blocking.get("/models", options) },
  ]
  let blocked = blocking.map { work in
    Task {
      try await withCheckedThrowingContinuation { end in queue.async { end.resume(with: Result(catching: work)) } }
    }
  }
  let tasks = [
    Task { _ = try await endless.chat(try question()) },
    Task { _ = try await contentsAsync(endless.stream(try question())) },
    Task { _ = try await endless.get("/models") },
  ]
  try await Task.sleep(for: .milliseconds(300))
  let since = ContinuousClock.now
  token.cancel()
  for task in tasks { task.cancel() }
  for task in tasks + blocked { try await failsAsync(.cancelled) { try await task.value } }
  took(since, 50)
}

/// By structured concurrency: the first to end cancels the others.
private func deadlines() async throws {
  let endless = try client("endless~deadline")
  let since = ContinuousClock.now
  try await withThrowingTaskGroup(of: Void.self) { group in
    group.addTask { try await failsAsync(.cancelled) { _ = try await contentsAsync(endless.stream(try question())) } }
    group.addTask { try await Task.sleep(for: .milliseconds(100)) }
    try await group.next()
    group.cancelAll()
    try await group.waitForAll()
  }
  took(since, 150)
  try await gone("endless~deadline")
}

private func leaving() async throws {
  let endless = try client("endless~left")
  for try await _ in endless.stream(try question()) { break }
  do {
    for try await _ in endless.stream(try question()) { throw Wrong("left") }
  } catch is Wrong {}
  _ = try endless.blocking.stream(try question()).next()
  var iterator = Optional(endless.stream(try question()).makeAsyncIterator())
  for _ in 0..<3 { _ = try await iterator?.next() }
  iterator = nil
  _ = endless.stream(try question())  // nothing is sent
  _ = endless.stream(try question()).makeAsyncIterator()
  try await gone("endless~left")
}

private func count(_ folder: String) -> Int {
  guard let opened = opendir(folder) else { return 0 }
  defer { closedir(opened) }
  var count = 0
  while readdir(opened) != nil { count += 1 }
  return count
}

/// A client lives until its calls have ended; then nothing of it is left.
private func clients() async throws {
  func drop(_ script: String) throws -> Task<String, any Error> {
    let client = try client(script)
    return Task { try await client.chat(try question()).text }
  }
  try same("Hello! How can I help you today?", try await drop("hello").value)
  for _ in 0..<20 {
    var chunks = Optional(try client("endless~dropped").stream(try question()).makeAsyncIterator())
    _ = try await chunks?.next()
    chunks = nil
  }
  try await gone("endless~dropped")
  let before = (count("/proc/self/fd"), count("/proc/self/task"))
  for _ in 0..<50 { _ = try await drop("hello").value }
  for _ in 0..<500 where count("/proc/self/fd") > before.0 + 4 { try await Task.sleep(for: .milliseconds(10)) }
  try same(true, count("/proc/self/fd") <= before.0 + 4)
  try same(true, count("/proc/self/task") <= before.1 + 4)
}

/// Cancelled at any time, a call ends once, with its answer or as cancelled.
private func races() async throws {
  let hello = try client("hello")
  for at in 0..<300 {
    let task = Task {
      do {
        return try await contentsAsync(hello.stream(try question())).count
      } catch let error as DosaiError {
        try same(.cancelled, error.status)
        return 0
      }
    }
    try await Task.sleep(for: .microseconds(at * 10))
    task.cancel()
    let count = try await task.value
    try same(true, count == 0 || count == 32)
  }
}
