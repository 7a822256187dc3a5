module Dosai
  # Every call that fails raises one, of a class of its status: RateLimitedError, TimeoutError, TruncatedError, ...
  # completion is the part of the answer that had arrived.
  class Error < StandardError
    attr_reader :status

    STATUSES = Native::STATUSES
    CLASSES = STATUSES.except(0).transform_values do |status|
      name = "#{status == :tls ? 'TLS' : status.to_s.split('_').map(&:capitalize).join}Error"
      Dosai.const_set(name, Class.new(self))
    end.freeze

    def self.status_of(number) = STATUSES.fetch(number, :unknown)

    # Of an error of the library's, which it owns from now on; 0: there was no memory for one.
    def self.taken(status, address)
      kept = address.zero? ? nil : Native.own(:error, address)
      message = kept ? Native.ask(:error_message, address) : status_of(status).to_s
      CLASSES.fetch(status, self).new(message, status: status_of(status), handle: kept)
    end

    def self.with_status(status, message, completion: nil)
      CLASSES.fetch(STATUSES.key(status)).new(message, status: status, completion: completion)
    end

    def initialize(message = nil, status: nil, handle: nil, completion: nil)
      super(message)
      @status, @handle, @completion = status || STATUSES[CLASSES.key(self.class)], handle || Native::NOTHING, completion
    end

    %i[code type param request_id body].each do |name|
      define_method(name) { Native.ask(:"error_#{name}", @handle.to_i) }
    end

    # Of the last attempt; 0 if it got no answer.
    def http_status = Native.error_http_status(@handle.to_i)
    # What the server asks for, in seconds; nil if nothing.
    def retry_after = Native.error_retry_after_ms(@handle.to_i).then { |time| time / 1000.0 if time >= 0 }
    # Whether repeating the call may help.
    def retryable? = Native.error_is_retryable(@handle.to_i) == 1
    # Of a TimeoutError: :connect, :first_token, :idle or :total.
    def clock = Native::CLOCKS[Native.error_clock(@handle.to_i)].then { |name| name unless name == :none }
    def header(name) = Native.ask(:error_header, @handle.to_i, "#{name}\0")
    def attempts = Kept.attempts(:error, @handle.to_i)
    def timings = Kept.timings(:error, @handle.to_i)

    def completion
      part = Native.error_completion(@handle.to_i)
      @completion ||= part.zero? ? nil : Completion.new(Native.make(:completion, :completion_copy, part))
    end
  end

  Native::NOTHING = Fiddle::Pointer.new(0)
end
