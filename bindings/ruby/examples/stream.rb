# Streams an answer, and tells how it ended.
require "dosai"

client = Dosai::Client.new
begin
  answer = client.stream(model: "dos-ai", messages: [{role: "user", content: "Hello!"}]) do |chunk|
    print chunk.content
    $stdout.flush
  end
  puts "", answer.choices.first.finish_reason
rescue Dosai::Error => error
  warn "#{error.status}: #{error.message}"
  warn "What had arrived: #{error.completion.text}" if error.completion
  exit 1
end
