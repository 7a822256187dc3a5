// One question, one answer.
import Dosai

let client = try Client()  // reads DOSAI_API_KEY and DOSAI_BASE_URL
let request = try Request(model: "dos-ai", .system("Be brief."), .user("Hello!"))
do {
  print(try await client.chat(request).text)
} catch {
  print(error.status, error.message, error.completion?.text ?? "")
}
