require "json"

module Dosai
  # A token that cancels the calls of a client made by Client#with(cancel: token), running or later ones. Any thread and
  # any signal handler may trigger it.
  class Cancel
    attr_reader :handle # :nodoc:

    def initialize = @handle = Native.make(:cancel, :cancel_new)
    def trigger = Native.cancel_trigger(@handle.to_i)
    def triggered? = Native.cancel_is_triggered(@handle.to_i) == 1
  end

  # An endpoint, a key, limits and open connections, for any number of threads and fibers.
  class Client
    LOOP = %i[max_in_flight max_connections_per_host].freeze

    # The options are those of dosai_client_options, with times in seconds, such as idle_timeout: 30; negative: none.
    # headers is a hash, or a list of lines. max_in_flight: so many calls run at once; the others wait in turn.
    def initialize(api_key: ENV["DOSAI_API_KEY"], base_url: ENV["DOSAI_BASE_URL"], **options)
      base_url = nil if base_url == ""
      settings = Native.options(:client_options, options.reject { |key, _| LOOP.include?(key) }.merge(api_key: api_key, base_url: base_url))
      @handle = Native.make(:client, :client_new, settings.to_i)
      @loop = Loop.new(options.slice(*LOOP))
      @options = Native.options(:call_options, {})
    end

    # The same client, with options for the calls that are made through it: times, max_retries, headers, cancel, last_event.
    def with(**options)
      dup.tap { |made| made.instance_variable_set(:@options, Native.options(:call_options, options)) }
    end

    # Sends the request, and gives the whole answer. A request is given by its fields, or as one hash, or JSON.
    def chat(request = nil, **fields) = finish { submit(:chat, request || fields) }

    # Makes a stream. With a block, it sends the request, yields each chunk, and gives the completion.
    def stream(request = nil, **fields, &block)
      made = Stream.new { submit(:stream, request || fields) }
      return made unless block
      made.each(&block)
      made.completion
    end

    # Sends a GET or a POST to any endpoint, such as "/models".
    def get(path) = finish { submit_to(:get, path) }
    def post(path, body = nil, **fields) = finish { submit_to(:post, path, body || fields) }

    # A POST to any endpoint that answers with server-sent events: each is one chunk, of the kind :event.
    def post_stream(path, body = nil, **fields) = Stream.new { submit_to(:stream_post, path, body || fields) }

    # Cancels the calls that still run, and frees the client; so it is if it is garbage.
    def close
      @loop.close
      @handle.call_free
    end

    def inspect = "#<Dosai::Client>"

    private

    def encode(body)
      body.is_a?(String) ? body : JSON.generate(body)
    rescue JSON::JSONError, EncodingError => error
      raise Error.with_status(:invalid_argument, "the request: #{error.message}")
    end

    def submit(kind, request)
      json = encode(request)
      made = Native.make(:request, :request_parse, json, json.bytesize)
      @loop.submit(kind, @handle, made.to_i, @options.to_i)
    ensure
      made&.call_free
    end

    def submit_to(kind, path, body = nil)
      path = Native.c_text(path)
      return @loop.submit(kind, @handle, path, @options.to_i) unless body
      json = encode(body)
      @loop.submit(kind, @handle, path, json, json.bytesize, @options.to_i)
    end

    def finish
      call = nil
      Native.whole { call = yield }
      call.chunks
      call.result
    ensure
      call&.release
    end
  end

  # A streaming call. The request is sent when it is read, which can be done once. To leave the block, by break or by an
  # exception, cancels the call; so does an enumerator that is garbage.
  class Stream
    include Enumerable

    # The answer, put together, once the stream has ended without an error; else nil.
    attr_reader :completion

    # A finalizer may wake no fiber: its scheduler may need a mutex. At the end of the process there is no thread.
    def self.releaser(call) = proc { Thread.new { call.release } rescue nil } # :nodoc:

    def initialize(&submit) = @submit = submit # :nodoc:

    # Yields each chunk. Without an exception, the answer is complete.
    def each(&block)
      return enum_for(:each) unless block
      submit, @submit = @submit, nil
      raise Error.with_status(:invalid_argument, "the stream was read before") unless submit
      raise Error.with_status(:cancelled, "the call was cancelled") if @is_cancelled
      read(submit, &block)
      self
    end

    # Cancels the call; its reader gets a CancelledError. Any thread, and any signal handler, may call this.
    def cancel
      @is_cancelled = true
      @call&.cancel
    end

    private

    def read(submit)
      Native.whole do
        @call = submit.call
        ObjectSpace.define_finalizer(self, Stream.releaser(@call))
      end
      @call.cancel if @is_cancelled
      while (chunks = @call.chunks)
        chunks.each do |chunk|
          yield chunk
          break if @call.cancelled?
        end
      end
      @completion = @call.result
    ensure
      ObjectSpace.undefine_finalizer(self)
      @call&.release
    end
  end
end
