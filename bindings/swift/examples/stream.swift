// An answer as it comes.
import Dosai

let client = try Client()
let stream = client.stream(try Request(model: "dos-ai", .user("Hello!")))
for try await chunk in stream {
  switch chunk.kind {
  case .content: print(chunk.content, terminator: "")
  case .usage: print("\n\(chunk.usage?.totalTokens ?? 0) tokens", terminator: "")
  default: break
  }
}
print("\n\(stream.completion?.choices.first?.finishReason ?? .none)")
