require "io/wait"

module Dosai
  # The calls of a client. Of the threads or fibers that wait for one of them, one leads: it waits for the loop's
  # descriptor and hands out what came, until something has come for itself. A wait is Ruby's own: other threads run, a
  # Fiber scheduler gets it, and signals, Timeout and Thread#raise end it.
  class Loop # :nodoc:
    CHUNK_AT, CHUNK_SIZE, CHUNK_FORMAT = Native.part(:event, :tag, :chunk)
    DEATH = 1 # seconds, until a follower does the leader's work: its thread may be dead, or held up by others of its fibers
    LAST_AT, LAST_SIZE, LAST_FORMAT = Native.part(:event, :completion, :error, :response)

    def self.closer(handle) = proc { Native.loop_close(handle, 0, 0, 0) }

    def initialize(options)
      out = Native.memory(16)
      settings = Native.options(:loop_options, options) # kept until the call is over
      status = Native.loop_new(settings.to_i, out.to_i, out.to_i + 8)
      @handle, error = out[0, 16].unpack("JJ")
      raise Error.taken(status, error) unless status.zero?
      ObjectSpace.define_finalizer(self, Loop.closer(@handle))
      @io = IO.for_fd(Native.loop_fd(@handle), autoclose: false)
      @mutex, @calls, @waiting, @tag, @out, @pid = Mutex.new, {}, {}, 0, out, Process.pid
    end

    # Makes a call; see dosai_loop_submit_*.
    def submit(kind, client, *arguments)
      @mutex.synchronize do
        raise Error.with_status(:invalid_argument, "the client is closed") if @is_closed
        Native.whole do
          handle = Native.make(:call, :"loop_submit_#{kind}", @handle, client.to_i, *arguments, @tag += 1)
          @calls[@tag] = Call.new(self, handle)
        end
      end
    end

    # Waits for chunks, and gives those there are; nil if the call is over.
    def take(call)
      @mutex.synchronize do
        until call.news?
          is_led? ? follow(call) : lead(call)
        end
        call.take
      ensure
        promote unless @leader&.alive?
      end
    end

    # Does what can be done without waiting, unless someone is at it.
    def tidy
      return unless Process.pid == @pid && @mutex.try_lock
      begin
        Native.whole { help unless @is_freed }
      ensure
        @mutex.unlock
      end
    end

    def close
      @mutex.synchronize do
        return if @is_closed
        @is_closed = true
        @calls.each_value(&:cancel)
        drain if Process.pid == @pid
        @calls.each_value { |call| call.finish(Error.with_status(:cancelled, "the client was closed")) }
        @waiting.each_key { |call| call.changed.signal }
        @leader&.alive? && Process.pid == @pid ? Native.loop_wake(@handle) : free
      end
    end

    private

    def follow(call)
      raise Error.with_status(:forked, "the client was made before a fork") if Process.pid != @pid
      @waiting[call] = Thread.current
      call.changed.wait(@mutex, DEATH)
      Native.whole { help } unless call.news?
    ensure
      @waiting.delete(call)
    end

    # A fiber that holds up its thread must lead, too, if the leader is another fiber of the thread.
    def is_led? = @leader&.alive? && (@leader != Thread.current || Fiber.current_scheduler)

    def lead(call)
      other, @leader = (@leader if @leader&.alive?), Thread.current
      rest until Native.whole { drain; call.news? } || @is_closed
    ensure
      @leader = other
      other ? Native.loop_wake(@handle) : @is_closed && free # the other may have news
    end

    def promote = @waiting.find { |_, thread| thread.alive? }&.first&.changed&.signal

    def rest
      @mutex.unlock
      @io.wait_readable
    ensure
      Native.whole { @mutex.lock }
    end

    def free
      @is_freed = true
      ObjectSpace.undefine_finalizer(self)
      Native.loop_close(@handle, 0, 0, 0)
    end

    # Does the leader's work, and wakes it: it may have news.
    def help = drain && Native.loop_wake(@handle)

    # Hands out what there is; nil if there is nothing.
    def drain
      has_come = nil
      @out[0, 16] = "\0" * 16
      status = Native.loop_step(@handle, 0, 0, 0, 0, @out.to_i + 8)
      raise Error.taken(status, @out[8, 8].unpack1("J")) unless status.zero?
      out = @out.to_i
      while Native::CALL_LOOP_NEXT.call(@handle, out, 0).zero? && (event = @out[0, 8].unpack1("J")) > 0
        tag, chunk = Native::MEMORY[event + CHUNK_AT, CHUNK_SIZE].unpack(CHUNK_FORMAT)
        call = @calls[tag]
        chunk > 0 ? call.add(chunk) : call.finish(last(event)) && @calls.delete(tag)
        has_come = true
      end
      has_come
    end

    def last(event)
      completion, error, response = Native::MEMORY[event + LAST_AT, LAST_SIZE].unpack(LAST_FORMAT)
      return Completion.new(Native.make(:completion, :completion_copy, completion)) if completion > 0
      return Response.new(Native.make(:response, :response_copy, response)) if response > 0
      copy = Native.make(:error, :error_copy, error)
      copy.free = nil
      Error.taken(Native.error_status(error), copy.to_i)
    end
  end

  # One call in a loop, with what has come for it and is unread.
  class Call # :nodoc:
    UNREAD = 256 << 10 # bytes; then its connection waits

    attr_reader :changed

    def initialize(owner, handle)
      @owner, @handle, @changed, @chunks, @bytes = owner, handle, ConditionVariable.new, [], 0
    end

    def news? = @last || !@chunks.empty?

    def add(address)
      return if @is_released
      @chunks << (chunk = Chunk.at(address))
      @changed.signal if @chunks.size == 1
      @bytes += (chunk.json || chunk.text).bytesize
      return if @is_paused || @bytes < UNREAD
      @is_paused = true
      Native.call_pause(@handle.to_i) unless @is_released
    end

    def finish(last)
      @last ||= last
      @changed.signal
    end

    def take
      return nil if @chunks.empty?
      taken, @chunks, @bytes = @chunks, [], 0
      Native.call_resume(@handle.to_i) if @is_paused
      @is_paused = false
      taken
    end

    def cancel
      @is_cancelled = true
      Native.call_cancel(@handle.to_i) unless @is_released
    end

    # Waits for chunks; nil if the call is over. Of a cancelled call, what is unread is thrown away.
    def chunks
      loop do
        taken = @owner.take(self)
        return taken unless taken && @is_cancelled
      end
    end

    def cancelled? = @is_cancelled

    # How it ended. A call that was cancelled before its end was read is cancelled.
    def result
      raise @last if @last.is_a?(Error)
      raise Error.with_status(:cancelled, "the call was cancelled", completion: @last) if @is_cancelled
      @last
    end

    # Lets the call go; if it still runs, it is cancelled. A handle that another thread may be about to use is freed when
    # it is garbage.
    def release
      return if @is_released
      unless @last
        Native.call_cancel(@handle.to_i)
        @owner.tidy
      end
      @is_released = true
      @chunks = []
      @handle.call_free unless @is_cancelled || @is_paused
    end
  end
end
