# The testee of Ruby: see Tests/Bindings/README.md. Its asynchronous ways are fibers of a scheduler.
require "optparse"
require_relative "../lib/dosai"
require_relative "scheduler"

$stdout.sync = true
OPTIONAL = ->(number) { number || -1 }

def usage_of(usage) = usage.to_h.transform_values(&OPTIONAL)

def attempts_of(list)
  list.map { |one| {status: one.status.upcase, http_status: one.http_status, delay_ms: (one.delay * 1000).round} }
end

def completion_of(answer)
  return unless answer
  choices = answer.choices.map do |choice|
    message = choice.message
    {index: choice.index, role: message.role, content: message.content, refusal: message.refusal, reasoning: message.reasoning,
     finish_reason: choice.finish_reason, tool_calls: message.tool_calls.map(&:to_h)}
  end
  {json: answer.json, id: answer.id, object: answer.object, created: OPTIONAL[answer.created], model: answer.model, choices: choices,
   usage: usage_of(answer.usage), quirks: answer.quirks.map(&:upcase), http_status: answer.http_status, attempts: attempts_of(answer.attempts)}
end

def retry_after_of(error) = error.retry_after && (error.retry_after * 1000).round

def error_of(error)
  {status: error.status.upcase, message: error.message, http_status: error.http_status, code: error.code, type: error.type,
   param: error.param, body: error.body&.unpack1("H*"), clock: error.clock, retry_after_ms: OPTIONAL[retry_after_of(error)],
   request_id: error.request_id, attempts: attempts_of(error.attempts), completion: completion_of(error.completion)}
end

# ---- chunks, put together to events

class Event
  def initialize(json)
    @json, @choices, @usage = json, {}, nil
  end

  def to_h = {json: @json, choices: @choices.values.map { |one| one.merge(tool_calls: one[:tool_calls].values) }, usage: @usage}.compact

  def take(chunk)
    @usage = usage_of(chunk.usage) if chunk.usage
    return if chunk.choice.negative?
    choice = @choices[chunk.choice] ||= {index: chunk.choice, tool_calls: {}}
    if chunk.kind == :tool_call
      call = choice[:tool_calls][chunk.tool_call] ||= {index: chunk.tool_call, id: "", name: "", arguments: ""}
      call[:id] += chunk.tool_call_id.to_s
      call[:name] += chunk.tool_call_name.to_s
      call[:arguments] += chunk.text.to_s
    elsif %i[content reasoning refusal finish].include?(chunk.kind)
      key = chunk.kind == :finish ? :finish_reason : chunk.kind
      choice[key] = choice[key].to_s + chunk.text.to_s
    end
  end
end

# ---- calls

def options_of(given)
  given.to_h do |name, value|
    name.end_with?("_ms") ? [name[0...-3].to_sym, value.negative? ? value : value / 1000.0] : [name.to_sym, value]
  end
end

CLIENTS = {}

def read(stream, asked, events)
  open = nil
  stream.each do |chunk|
    events << open = Event.new(chunk.json) unless open
    open.take(chunk)
    next unless chunk.last_in_event
    open = nil
    stream.cancel if events.size == asked["cancel_after"]
    sleep 0.3 if events.size == asked["pause_after"]
    break if events.size == asked["drop_after"]
  end
  stream.completion
end

def make(asked, events)
  client = CLIENTS[[asked["url"], asked["options"]]] ||= Dosai::Client.new(base_url: asked["url"], **options_of(asked["options"]))
  token = Dosai::Cancel.new
  after = asked["cancel_after_ms"] || (0 if asked["cancel_after"] == 0)
  after == 0 ? token.trigger : timer = after && Thread.new { sleep(after / 1000.0) && token.trigger }
  client = client.with(cancel: token)
  request = JSON.generate(asked["request"])
  asked["face"].end_with?("whole") ? client.chat(request) : read(client.stream(request), asked, events)
ensure
  timer&.kill
end

def serve(asked)
  events, error, answer, failed = [], nil, nil, nil
  work = lambda do
    answer = make(asked, events)
  rescue Dosai::Error => error
    nil
  rescue Exception => failed
    nil
  end
  asked["face"].start_with?("async_") ? Scheduler.run(&work) : work.call
  return {failed: failed.full_message(highlight: false)} if failed
  {status: error ? error.status.upcase : "OK", chunks: events.map(&:to_h), completion: completion_of(answer), error: error && error_of(error)}
end

# ---- chat --json

Raw = Struct.new(:text) do
  def to_json(*) = text.tr("\r\n", "  ")
end

def show(chunk)
  shown = {kind: chunk.kind, choice: chunk.choice}
  case chunk.kind
  when :content, :reasoning, :refusal then shown[:text] = chunk.text
  when :tool_call then shown.update(tool_call: chunk.tool_call, id: chunk.tool_call_id, name: chunk.tool_call_name, text: chunk.text)
  when :finish then shown[:finish_reason] = chunk.text
  when :usage then shown[:usage] = chunk.usage.to_h
  else shown[:json] = Raw.new(chunk.json)
  end
  puts JSON.generate(chunk: shown)
end

def milliseconds(timings)
  %i[connect first_byte first_token total].to_h { |name| ["#{name}_ms", timings[name] && timings[name] * 1000] }
end

def finish(answer, error)
  told = {status: "OK", error: nil, completion: nil, quirks: []}
  if error
    told.update(status: error.status.upcase, error: {
      message: error.message, http_status: (error.http_status unless error.http_status.zero?), code: error.code, type: error.type,
      param: error.param, request_id: error.request_id, retry_after_ms: retry_after_of(error), body: error.body&.scrub, timeout: error.clock})
    answer = error.completion
  end
  told.update(attempts: (error || answer).attempts.size, timings: milliseconds((error || answer).timings))
  told.update(completion: Raw.new(answer.json), quirks: answer.quirks.map(&:upcase)) if answer
  puts JSON.generate(told)
  exit exit_status(error)
end

def exit_status(error)
  case error&.status
  when nil then 0
  when :invalid_argument then 2
  when :connection, :proxy, :tls, :timeout, :redirected then 3
  when :truncated, :protocol, :too_large then 4
  when :cancelled then 130
  when :bad_request, :authentication, :insufficient_credits, :permission, :not_found, :rate_limited, :server, :unavailable, :provider then 1
  else 5
  end
end

def chat(arguments)
  given = {}
  parser = OptionParser.new
  %w[-mMODEL --json --no-stream --async --timeout=S --max-retries=N --base-url=URL --request=FILE].each { |one| parser.on(one) }
  prompt = parser.parse(arguments, into: given).first
  retries = Integer(given[:"max-retries"] || 2)
  request = {model: given[:m], messages: [{role: "user", content: prompt}]}
  request.update(JSON.parse(File.read(given[:request]))) if given[:request]
  answer = error = nil
  work = lambda do
    client = Dosai::Client.new(base_url: given[:"base-url"], max_retries: retries.zero? ? -1 : retries, total_timeout: given[:timeout]&.to_f)
    answer = given.key?(:"no-stream") ? client.chat(request) : client.stream(request) { |chunk| show(chunk) }
  rescue Dosai::Error => error
    nil
  end
  given[:async] ? Scheduler.run(&work) : work.call
  finish(answer, error)
end

chat(ARGV.drop(1)) if ARGV.first == "chat"
$stdin.each_line do |line|
  asked = JSON.parse(line)
  puts JSON.generate(asked ? serve(asked) : {failed: "nothing is asked"})
end
