require_relative "support"

# How calls end before their time: cancelled, left, torn by exceptions, forgotten, forked.
class TestEnds < Test
  def endless(**options) = serve(**options) { |exchange| exchange.words(3) && exchange.hold }

  def test_cancel
    stream, count, since = endless.stream(QUESTION), 0, nil
    error = assert_raises(Dosai::CancelledError) { stream.each { (since = moment) && stream.cancel if (count += 1) == 2 } }
    assert_within(0.05, since)
    assert_equal 2, count
    assert error.completion.text.start_with?("0 1 ")
    assert_nothing_open
    cancelled = @closing.first.stream(QUESTION)
    cancelled.cancel
    assert_raises(Dosai::CancelledError) { cancelled.to_a }
  end

  # 50 ms after the token, whoever waits for what.
  def test_token
    client, token = endless, Dosai::Cancel.new
    waiting = [-> { client.with(cancel: token).chat(QUESTION) }, -> { client.with(cancel: token).stream(QUESTION).to_a },
               -> { Scheduler.run { client.with(cancel: token).chat(QUESTION) rescue $! }.then { |error| raise error } }]
    threads = waiting.map { |one| Thread.new { one.call rescue $! } }
    sleep 0.01 until @server.open.size == 3
    sleep 0.05
    assert_within(0.05) { token.trigger && threads.each(&:join) }
    threads.each { |thread| assert_kind_of Dosai::CancelledError, thread.value }
    assert_raises(Dosai::CancelledError) { client.with(cancel: token).chat(QUESTION) }
    assert token.triggered?
  end

  # A thread that is about to cancel a call which another leaves cancels no later one.
  def test_a_cancel_beside_the_end
    client = serve { |exchange| exchange.words(1) && sleep(0.1) && exchange.events(STOP, "[DONE]") && exchange.over }
    stream, about, go = client.stream(QUESTION), Queue.new, Queue.new
    at_cancel = TracePoint.new(:call) { |point| about << 1 && go.pop if point.method_id == :call_cancel && Thread.current[:waits] }
    at_cancel.enable
    stream.each do
      @canceller = Thread.new { (Thread.current[:waits] = true) && stream.cancel }
      about.pop
      break
    end
    answer = client.stream(QUESTION) { |chunk| go << 1 && @canceller.join if chunk.kind == :content }
    assert_equal "0 ", answer.text
  ensure
    at_cancel.disable
  end

  def test_leaving
    client = endless
    client.stream(QUESTION).each { break }
    assert_raises(ZeroDivisionError) { client.stream(QUESTION).each { 1 / 0 } }
    assert_raises(Timeout::Error) { Timeout.timeout(0.05) { client.stream(QUESTION).to_a } }
    assert_raises(Timeout::Error) { Timeout.timeout(0.05) { client.chat(QUESTION) } }
    thread = Thread.new { client.stream(QUESTION).to_a }
    sleep 0.01 until @server.open.size.positive?
    thread.kill.join
    client.stream(QUESTION).first
    assert_nothing_open
  end

  # What another thread raises when the call was just submitted also cancels it.
  def test_an_exception_after_the_submit
    client, me = endless, Thread.current
    [-> { client.chat(QUESTION) }, -> { client.get("/x") }, -> { client.post("/x") }, -> { client.stream(QUESTION).to_a }].each do |call|
      submitted = TracePoint.new(:return) do |at|
        Thread.new { me.raise(IOError) }.join if at.method_id == :submit && at.self.is_a?(Dosai::Loop)
      end
      assert_raises(IOError) { submitted.enable(&call) }
    end
    client.stream(QUESTION).first
    assert_nothing_open
  end

  def test_forgotten
    client = endless
    Array.new(20) { client.stream(QUESTION).each.next }
    Thread.new { Array.new(20) { client.stream(QUESTION).each.next } }.join
    200.times do # the stack may still name some
      GC.start
      break if @server.open.size <= 4
      sleep 0.01
    end
    assert_operator @server.open.size, :<=, 4
  end

  # A finalizer can come as others wait in fibers, whose scheduler may need what is not allowed in one, such as a mutex.
  def test_forgotten_beside_fibers
    client = serve { |exchange| 150.times { |at| exchange.events(piece(at.to_s)) && sleep(0.003) } && exchange.hold }
    program = <<~RUBY
      require "#{File.expand_path('../lib/dosai', __dir__)}"
      require "#{File.expand_path('scheduler', __dir__)}"
      client = Dosai::Client.new(base_url: "#{client && @server.url}", max_retries: -1)
      fibers = Thread.new do
        Fiber.set_scheduler(Scheduler.new)
        30.times { Fiber.schedule { client.stream(model: "m").first(150) } }
      end
      while fibers.alive?
        10.times { client.stream(model: "m").each.next }
        Array.new(100_000) { |at| at.to_s } # so that Ruby collects by itself
      end
    RUBY
    assert_equal "", IO.popen(["ruby", "-W", "-e", program, {err: %i[child out]}], &:read)
  end

  def test_close
    client, words = endless, Queue.new
    thread = Thread.new { client.stream(QUESTION).each { |chunk| words << chunk } rescue $! }
    3.times { words.pop }
    sleep 0.05
    mine = client.stream(QUESTION).each
    mine.next
    client.close
    assert_equal "0 1 2 ", thread.value.completion.text
    assert_raises(Dosai::CancelledError) { loop { mine.next } || mine.next }
    assert_raises(Dosai::InvalidArgumentError) { client.chat(QUESTION) }
    client.close
    assert_nothing_open
  end

  def test_fork
    client = endless
    stream = client.stream(QUESTION).each
    stream.next
    reader = Thread.new { client.stream(QUESTION).to_a rescue $! }
    sleep 0.05
    child = fork do
      statuses = [-> { client.chat(QUESTION) }, -> { 9.times { stream.next } }].map { |call| call.call && 0 rescue $!.class }
      own = Dosai::Client.new(base_url: @server.url, max_retries: -1).stream(QUESTION).first.content
      exit!(statuses == [Dosai::ForkedError] * 2 && own == "0 " ? 0 : 1)
    end
    Timeout.timeout(20) { Process.wait(child) }
    assert_equal 0, $?.exitstatus
    assert reader.alive?
    client.close
    assert_kind_of Dosai::CancelledError, reader.value
  end

  # Handles, streams in the middle, waiting threads: the process ends well, and at once.
  def test_exit
    url = endless && @server.url
    program = <<~RUBY
      require "#{File.expand_path('../lib/dosai', __dir__)}"
      client = Dosai::Client.new(base_url: "#{url}", max_retries: -1)
      $stream = client.stream(model: "m", messages: []).each
      $stream.next
      $answer = begin; client.with(total_timeout: 0.01).chat(model: "m"); rescue Dosai::Error => error; error; end
      Thread.new { client.stream(model: "m", messages: []).to_a }
      sleep 0.05
      puts "end"
    RUBY
    assert_equal "end\n", IO.popen(["ruby", "-W", "-e", program, {err: %i[child out]}], &:read)
    assert_predicate $?, :success?
    interrupted = IO.popen(["env", "--default-signal=INT", "ruby", "-e", program.sub('puts "end"', "$stdout.sync = true; puts 1; client.chat(model: 'm')"), {err: File::NULL}])
    interrupted.gets
    sleep 0.1
    assert_within(1) { Process.kill(:INT, interrupted.pid) && interrupted.close }
    assert_equal Signal.list["INT"], $?.termsig
  end
end
