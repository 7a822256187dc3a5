# Streams in Ruby: the CPU of the process a chunk, by the binding and by Net::HTTP with json.
# usage: MODE BASE CALLS   MODE: dosai or native; the calls are one behind the other, on one connection.
# Prints nanoseconds of CPU, chunks, and bytes of text.
require "json"
require "net/http"
require_relative "../../bindings/ruby/lib/dosai"

MESSAGES = [{role: "user", content: "Hello!"}].freeze

def with_dosai(client)
  chunks, text = 0, +""
  client.stream(model: "m", messages: MESSAGES) do |chunk|
    chunks += 1
    text << chunk.content
  end
  [chunks, text.bytesize]
end

def with_net_http(http, path)
  request = Net::HTTP::Post.new(path, "Content-Type" => "application/json", "Accept-Encoding" => "identity")
  request.body = JSON.generate(model: "m", messages: MESSAGES, stream: true)
  chunks, text, rest = 0, +"", +""
  http.request(request) do |response|
    response.read_body do |part|
      rest << part
      while (at = rest.index("\n"))
        line = rest.slice!(0, at + 1)
        next if !line.start_with?("data: ") || line.start_with?("data: [DONE]")
        event = JSON.parse(line.byteslice(6..))
        chunks += 1
        text << (event.dig("choices", 0, "delta", "content") || "")
      end
    end
  end
  [chunks, text.bytesize]
end

mode, base, calls = ARGV
if mode == "dosai"
  client = Dosai::Client.new(base_url: base, max_text_bytes: -1)
  once = -> { with_dosai(client) }
else
  uri = URI("#{base}/chat/completions")
  http = Net::HTTP.start(uri.host, uri.port)
  once = -> { with_net_http(http, uri.path) }
end
cpu = -> { Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID, :nanosecond) }
before = cpu.call
seen = Array.new(Integer(calls)) { once.call }
puts [cpu.call - before, seen.sum(&:first), seen.sum(&:last)].join(" ")
