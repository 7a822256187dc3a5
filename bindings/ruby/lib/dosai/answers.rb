module Dosai
  # What is not known is nil. Times are in seconds.
  Usage = Struct.new(:prompt_tokens, :completion_tokens, :total_tokens, :cached_tokens, :reasoning_tokens)
  Attempt = Struct.new(:status, :http_status, :delay)
  Timings = Struct.new(:connect, :first_byte, :first_token, :total, :reused_connection)
  ToolCall = Struct.new(:id, :name, :arguments)
  Choice = Struct.new(:index, :message, :finish_reason)

  # A message of an answer. json is as the server sent it, with all its fields.
  Message = Struct.new(:role, :content, :reasoning, :refusal, :tool_calls, :json) do
    def to_json(*) = json
  end

  # A piece of a stream. kind: :content, :reasoning, :refusal, :tool_call, :finish, :usage, :event or :other. text is the
  # piece of the content, of the arguments of a call, or the finish reason; json, the whole event of the server.
  Chunk = Struct.new(:kind, :choice, :text, :json, :last_in_event, :tool_call, :tool_call_id, :tool_call_name, :usage,
                     :event_type, :event_id) do
    # The text, if it is one of the answer's content; else "".
    def content = kind == :content ? text : ""
  end

  class Usage # :nodoc:
    SIZE, FORMAT = Native::STRUCTS[:usage]

    def self.at(address) = new(*Native::MEMORY[address - 1, SIZE].unpack(FORMAT).drop(2).map { |count| count if count >= 0 })
  end

  class Chunk # :nodoc:
    KINDS = Native::CHUNK_KINDS
    TEXT_AT, TEXT_SIZE, TEXT_FORMAT =
      Native.part(:chunk, *%i[kind choice last_in_event text text_length tool_call json json_length text_only])
    OTHERS_AT, OTHERS_SIZE, OTHERS_FORMAT =
      Native.part(:chunk, *%i[tool_call_id tool_call_id_length tool_call_name tool_call_name_length usage event_type
                              event_type_length event_id event_id_length])

    # Most are a piece of a text, whose other fields say nothing.
    def self.at(address)
      kind, choice, last, text, length, tool, json, json_length, is_text =
        Native::MEMORY[address + TEXT_AT, TEXT_SIZE].unpack(TEXT_FORMAT)
      made = new(KINDS[kind] || :other, choice, Native.text(text, length), Native.text(json, json_length), last == 1)
      made.tool_call = tool if tool >= 0
      made.read_others(address) if is_text.zero?
      made
    end

    def read_others(address)
      id, id_length, name, name_length, usage, type, type_length, event, event_length =
        Native::MEMORY[address + OTHERS_AT, OTHERS_SIZE].unpack(OTHERS_FORMAT)
      self.tool_call_id = Native.text(id, id_length) if id > 0
      self.tool_call_name = Native.text(name, name_length) if name > 0
      self.usage = Usage.at(usage) if usage > 0
      self.event_type = Native.text(type, type_length) if type > 0
      self.event_id = Native.text(event, event_length) if event > 0
    end
  end

  # What the library keeps, and frees when nobody wants it any more.
  class Kept # :nodoc:
    def self.fields(kind, texts: [], numbers: [])
      texts.each { |name| define_method(name) { Native.ask(:"#{kind}_#{name}", @handle.to_i) } }
      numbers.each { |name| define_method(name) { Native.public_send(:"#{kind}_#{name}", @handle.to_i) } }
      define_method(:header) { |name| Native.ask(:"#{kind}_header", @handle.to_i, "#{name}\0") }
      define_method(:attempts) { Kept.attempts(kind, @handle.to_i) }
      define_method(:timings) { Kept.timings(kind, @handle.to_i) }
    end

    def self.attempts(kind, handle)
      Array.new(Native.public_send(:"#{kind}_attempt_count", handle)) do |at|
        size, format = Native::STRUCTS[:attempt]
        struct = Native.memory(size)
        struct[0, 4] = [size].pack("L")
        Native.public_send(:"#{kind}_attempt", handle, at, struct.to_i)
        _, status, http_status, _, delay = struct[0, size].unpack(format)
        Attempt.new(Error.status_of(status), http_status, delay / 1000.0)
      end
    end

    def self.timings(kind, handle)
      found = Native.filled(:timings, :"#{kind}_timings", handle)
      seconds = %i[connect_us first_byte_us first_token_us total_us].map { |name| found[name] / 1e6 if found[name] >= 0 }
      Timings.new(*seconds, found[:reused_connection] == 1)
    end

    def initialize(handle) = @handle = handle
    def inspect = "#<#{self.class} #{json}>"
  end

  # An answer; in an Error, the part of one that arrived. json is all of it, as the server sent it, or put together.
  class Completion < Kept
    fields :completion, texts: %i[id object model json request_id], numbers: %i[http_status]

    # Unix time.
    def created = Native.completion_created(@handle.to_i).then { |time| time if time >= 0 }
    # The content of the first choice, or "".
    def text = choices.first&.message&.content.to_s
    def choices = @choices ||= Array.new(Native.completion_choice_count(@handle.to_i)) { |at| choice(at) }
    def usage = Usage.new(*Native.filled(:usage, :completion_usage, @handle.to_i).values.drop(2).map { |count| count if count >= 0 })

    # What was unusual in the answer, such as :done_missing.
    def quirks
      bits = Native.completion_quirks(@handle.to_i)
      Native::QUIRKS.select { |bit, _| bits & bit != 0 }.values
    end

    private

    def choice(at)
      role, content, reasoning, refusal, json, reason = %i[role content reasoning refusal message_json finish_reason_text].map do |name|
        Native.ask(:"completion_#{name}", @handle.to_i, at)
      end
      calls = Array.new(Native.completion_tool_call_count(@handle.to_i, at)) do |call|
        ToolCall.new(*%i[id name arguments].map { |name| Native.ask(:"completion_tool_call_#{name}", @handle.to_i, at, call) })
      end
      Choice.new(Native.completion_choice_index(@handle.to_i, at), Message.new(role, content, reasoning, refusal, calls, json), reason)
    end
  end

  # The answer to a GET or a POST.
  class Response < Kept
    fields :response, texts: %i[json request_id], numbers: %i[http_status]
  end
end
