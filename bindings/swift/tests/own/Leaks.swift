// LEAK_CALLS calls, 3,000 if it is not set: whole, streamed, left, cancelled and failed, by both ways.
import Dosai
import Support

#if canImport(Glibc)
  import Glibc
#else
  import Musl
#endif

private func resident() -> Int {
  guard let file = fopen("/proc/self/statm", "r") else { return 0 }
  defer { fclose(file) }
  var buffer = [CChar](repeating: 0, count: 200)
  fgets(&buffer, 200, file)
  let words = buffer.split(separator: 32).map { String(decoding: $0.map(UInt8.init(bitPattern:)), as: UTF8.self) }
  return (Int(words[1]) ?? 0) * 4
}

private func once(_ client: Client, _ kind: Int) async throws {
  switch kind {
  case 0: _ = try client.blocking.chat(try question()).json
  case 1: _ = try await client.chat(try question()).json
  case 2: _ = try contents(client.blocking.stream(try question()))
  case 3: _ = try await contentsAsync(client.stream(try question()))
  case 4: _ = try client.blocking.stream(try question()).next()
  case 5: for try await _ in client.stream(try question()) { break }
  case 6:
    let token = try CancelToken()
    let chunks = client.blocking.stream(try question(), CallOptions(cancel: token))
    while try chunks.next() != nil { token.cancel() }
  case 7:
    try await Task {
      for try await _ in client.stream(try question()) { withUnsafeCurrentTask { $0?.cancel() } }
    }.value
  case 8: _ = try client.blocking.chat(try question("bad"))
  default: _ = try await Support.client("mixed").chat(try question("bad"))
  }
}

func leaks() async throws {
  let calls = environment("LEAK_CALLS").flatMap { Int($0) } ?? 3000
  let client = try client("mixed")
  var before = 0
  for at in 0..<calls {
    if at == calls / 4 { before = resident() }
    do {
      try await once(client, at % 10)
    } catch let error as DosaiError {
      _ = error.completion?.json
    }
  }
  let grown = resident() - before
  print("\(calls) calls: \(resident()) KB, grown by \(grown) KB")
  try same(true, grown < 2048 + calls / 50)
}
