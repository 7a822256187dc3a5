// Streams in Swift: the CPU of the process a chunk, by the binding and by URLSession with JSONDecoder.
// usage: MODE BASE CALLS   MODE: dosai, async or native; the calls are one behind the other, on one connection.
// Prints nanoseconds of CPU, chunks, and characters of text.
import Dosai
@preconcurrency import Foundation
import FoundationNetworking

final class Count: @unchecked Sendable {
  var chunks = 0
  var characters = 0

  func add(_ text: String) {
    chunks += 1
    characters += text.utf8.count
  }
}

func withDosai(_ client: Client, _ request: Dosai.Request, _ count: Count) throws {
  let chunks = client.blocking.stream(request)
  while let chunk = try chunks.next() { count.add(chunk.content) }
}

func withDosaiAsync(_ client: Client, _ request: Dosai.Request, _ count: Count) async throws {
  for try await chunk in client.stream(request) { count.add(chunk.content) }
}

// The answer's parts that a program for text needs.
struct Event: Decodable {
  struct Choice: Decodable {
    struct Delta: Decodable { let content: String? }
    let delta: Delta
  }
  let choices: [Choice]
}

/// On Linux, URLSession gives bytes to a delegate alone.
final class Reader: NSObject, URLSessionDataDelegate, @unchecked Sendable {
  let count: Count
  private let decoder = JSONDecoder()
  private var rest = Data()
  private var finished: CheckedContinuation<Void, Never>?

  init(_ count: Count) { self.count = count }

  func read(_ request: URLRequest, _ session: URLSession) async {
    await withCheckedContinuation {
      finished = $0
      session.dataTask(with: request).resume()
    }
  }

  func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
    rest.append(data)
    var start = rest.startIndex
    while let end = rest[start...].firstIndex(of: 10) {
      let line = rest[start..<end]
      start = end + 1
      guard line.starts(with: Reader.data), !line.starts(with: Reader.done) else { continue }
      guard let told = try? decoder.decode(Event.self, from: line.dropFirst(6)) else { fatalError("no event") }
      count.add(told.choices.first?.delta.content ?? "")
    }
    rest = Data(rest[start...])
  }

  func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) { finished?.resume() }

  private static let data = Data("data: ".utf8)
  private static let done = Data("data: [DONE]".utf8)
}

let (mode, base) = (CommandLine.arguments[1], CommandLine.arguments[2])
let count = Count()
var options = ClientOptions(baseURL: base)
options.maxTextBytes = -1
let client = try Client(options)
let question = try Dosai.Request(model: "m", .user("Hello!"))
let reader = Reader(count)
let session = URLSession(configuration: .default, delegate: reader, delegateQueue: nil)
var post = URLRequest(url: URL(string: base + "/chat/completions")!)
post.httpMethod = "POST"
post.setValue("application/json", forHTTPHeaderField: "Content-Type")
post.httpBody = Data(#"{"model":"m","messages":[{"role":"user","content":"Hello!"}],"stream":true}"#.utf8)

let before = clock()  // microseconds
for _ in 0..<(Int(CommandLine.arguments[3]) ?? 0) {
  switch mode {
  case "dosai": try withDosai(client, question, count)
  case "async": try await withDosaiAsync(client, question, count)
  default: await reader.read(post, session)
  }
}
print((clock() - before) * 1000, count.chunks, count.characters)
