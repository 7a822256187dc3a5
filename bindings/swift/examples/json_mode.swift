// An answer of one shape.
import Dosai

let city = """
  {"type":"object","additionalProperties":false,"required":["name","is_capital"],
   "properties":{"name":{"type":"string"},"is_capital":{"type":"boolean"}}}
  """
let client = try Client()
var request = try Request(model: "dos-ai", .user("Tell me about Paris."))
try request.setJSONSchema(name: "city", city)
print(try await client.chat(request).text)
