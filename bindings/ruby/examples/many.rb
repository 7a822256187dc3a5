# Asks many questions at once. With a Fiber scheduler, Fiber.schedule does the same without a thread for each.
require "dosai"

client = Dosai::Client.new(max_in_flight: 50)
threads = Array.new(100) do |at|
  Thread.new { client.chat(model: "dos-ai", messages: [{role: "user", content: "What is #{at} squared?"}]).text }
end
answers = threads.map(&:value)
puts "#{answers.size} answers; the first: #{answers.first}"
