// A hundred answers at once, in no thread of their own.
import Dosai

var options = ClientOptions()
options.maxInFlight = 20
let client = try Client(options)
let request = try Request(model: "dos-ai", .user("Hello!"))
var count = 0
try await withThrowingTaskGroup(of: Completion.self) { group in
  for _ in 0..<100 { group.addTask { try await client.chat(request) } }
  for try await answer in group where !answer.text.isEmpty { count += 1 }
}
print("\(count) answers")
