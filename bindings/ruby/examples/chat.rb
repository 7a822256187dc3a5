# Asks one question.
require "dosai"

client = Dosai::Client.new
answer = client.chat(model: "dos-ai", messages: [{role: "user", content: "Hello!"}])
puts answer.text
puts "#{answer.usage.total_tokens} tokens" if answer.usage.total_tokens
