module Dosai
  # The reader without the network: turns the body of a chat's stream, which your program receives itself, into chunks.
  # One is for one body, of a response whose status is 2xx. The limits of a client apply: max_event_bytes, ...; and
  # api_key, which is replaced where a server echoes it. One thread at a time.
  class Decoder
    WOULD_BLOCK = Native::STATUSES.key(:would_block) # :nodoc:

    def initialize(**limits)
      @options = Native.options(:client_options, limits)
      @handle, @out = Native.make(:decoder, :decoder_new, @options.to_i), Native.memory(16)
    end

    # Takes the next part of the body, and yields the chunks that it completes.
    def feed(part, &block) = take(:decoder_feed, part, part.bytesize, &block)

    # Says that the body has ended as HTTP requires, yields what is left, and returns the answer; raises unless it is
    # complete. If the body was cut off, do not call this.
    def finish(&block)
      take(:decoder_finish, &block)
      completion
    end

    # The answer so far, put together.
    def completion = Completion.new(Native.make(:completion, :decoder_completion, @handle.to_i))

    private

    def take(function, *arguments)
      check(Native.public_send(function, @handle.to_i, *arguments, @out.to_i + 8))
      loop do
        status = Native.decoder_next(@handle.to_i, @out.to_i, @out.to_i + 8)
        break if status == WOULD_BLOCK
        check(status)
        address = @out[0, 8].unpack1("J")
        break if address.zero?
        chunk = Chunk.at(address)
        yield chunk if block_given?
      end
      self
    end

    def check(status)
      raise Error.taken(status, @out[8, 8].unpack1("J")) unless status.zero?
    end
  end
end
