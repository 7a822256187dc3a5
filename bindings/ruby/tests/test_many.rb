require_relative "support"

class TestMany < Test
  def resident = File.read("/proc/self/statm").split[1].to_i * 4096

  # Answers only once all have asked.
  def gathering(count)
    @arrived, all = Queue.new, Queue.new
    serve do |exchange|
      @arrived << 1
      count.times { all << 1 } if @arrived.size == count
      all.pop
      exchange.reply(answer(JSON.parse(exchange.body)["model"]))
    end
  end

  def test_threads
    client = gathering(50)
    assert_equal (0...50).map(&:to_s), Array.new(50) { |at| Thread.new { client.chat(model: at.to_s).text } }.map(&:value)
  end

  # A scheduler's fibers wait on one descriptor, on one thread.
  def test_fibers
    client, found = gathering(100), {}
    Scheduler.run { 100.times { |at| Fiber.schedule { found[at] = client.chat(model: at.to_s).text } } }
    assert_equal (0...100).to_h { |at| [at, at.to_s] }, found
  end

  # What holds up its thread does not wait for another fiber of it.
  def test_a_fiber_that_blocks_beside_others
    client = serve { |exchange| sleep(0.05) && exchange.reply(answer("x")) }
    [-> { client.chat(QUESTION).text }, -> { Enumerator.new { |found| found << client.chat(QUESTION).text }.next }].each do |blocking|
      waiting = Thread.new do
        Fiber.set_scheduler(Scheduler.new)
        found = []
        2.times { Fiber.schedule { found << client.chat(QUESTION).text } }
        found << blocking.call
      end
      assert_equal %w[x x x], Timeout.timeout(20) { waiting.value }
    end
  end

  # A fiber that waits for what another thread asks cannot run its thread's other fibers meanwhile.
  def test_a_thread_that_waits_for_another
    client = serve { |exchange| sleep(0.2) && exchange.reply(answer("x")) }
    waiting = Thread.new do
      Fiber.set_scheduler(Scheduler.new)
      found = []
      Fiber.schedule { found << client.chat(QUESTION).text }
      found << Thread.new { client.chat(QUESTION).text }.value
    end
    assert_equal %w[x x], Timeout.timeout(20) { waiting.value }
  end

  # Who leaves a stream takes in what has come, also for one that waits for the descriptor.
  def test_news_that_another_took_in
    client = serve do |exchange|
      next exchange.words(1) && exchange.hold if exchange.body.include?('"stream"')
      sleep 0.05
      exchange.reply(answer("x"))
    end
    waiting = nil
    client.stream(QUESTION).each do
      waiting = Thread.new do
        Fiber.set_scheduler(Scheduler.new)
        found = []
        Fiber.schedule { found << client.chat(QUESTION).text }
        sleep 0.4 # not by the scheduler
        found
      end
      sleep 0.2
      break
    end
    assert_equal ["x"], Timeout.timeout(20) { waiting.value }
  end

  # While one waits, Ruby's other threads run: the server's, too.
  def test_threads_with_exceptions
    client = gathering(20)
    torn = Array.new(19) { Thread.new { client.chat(model: "torn") rescue $! } }
    sleep 0.01 until @arrived.size == 19 # a request that is cancelled before would never come
    torn.first(10).each { |thread| thread.raise(IOError) }
    torn.first(10).each { |thread| assert_kind_of IOError, thread.value }
    assert_equal "last", client.chat(model: "last").text
    torn.drop(10).each { |thread| assert_equal "torn", thread.value.text }
  end

  # A scheduler fails, and none of its fibers runs again; one of them was to hand out what comes.
  def test_a_thread_that_dies_with_its_fibers
    client = serve do |exchange|
      next exchange.hold if exchange.body.include?("stuck")
      sleep exchange.body.include?("slow") ? 0.4 : 0.2
      exchange.reply(answer("x"))
    end
    dying = Thread.new do
      Fiber.set_scheduler(Scheduler.new)
      2.times { Fiber.schedule { client.chat(model: "stuck") } }
    end
    dying.report_on_exception = false
    sleep 0.01 until @server.open.size == 2
    waiting = Thread.new { client.chat(QUESTION).text }
    sleep 0.05
    dying.raise(IOError)
    assert_raises(IOError) { dying.value }
    assert_equal "x", Timeout.timeout(20) { waiting.value }
    assert_equal "x", Timeout.timeout(20) { client.chat(QUESTION).text }
    took = Array.new(5) do
      began = Process.clock_gettime(Process::CLOCK_MONOTONIC)
      %w[quick slow].map { |model| sleep(0.05) && Thread.new { client.chat(model: model) } }.each(&:join)
      Process.clock_gettime(Process::CLOCK_MONOTONIC) - began
    end
    assert_operator took.min, :<, 0.9 # the slow one is not handed to a thread that is dead
  end

  def test_in_turn
    running, most = Queue.new, 0
    client = serve(max_in_flight: 2) do |exchange|
      running << 1
      most = [most, running.size].max
      sleep 0.005
      running.pop
      exchange.reply(answer("x"))
    end
    Array.new(20) { Thread.new { client.chat(QUESTION) } }.each(&:join)
    assert_equal 2, most
  end

  # Of LEAK_CALLS calls, 10,000 if it is not set: whole, streamed, left, cancelled and failed.
  def test_memory
    calls = (ENV["LEAK_CALLS"] || 10_000).to_i
    reader, writer = IO.pipe
    server = fork do # else its garbage counts, too
      serve do |exchange|
        if exchange.body.include?("bad") then exchange.reply("{}", status: 400)
        elsif exchange.body.include?('"stream":true') then exchange.events(*[piece("word")] * 5, STOP, "[DONE]") && exchange.over
        else exchange.reply(answer("word"))
        end
      end
      writer.puts(@server.url) || sleep
    end
    client, before = Dosai::Client.new(base_url: reader.gets.chomp, max_retries: -1), 0
    calls.times do |at|
      before = settled if at == calls / 4
      once(client, at % 5)
    end
    grown = settled - before
    puts "#{calls} calls: #{resident >> 10} KB, grown by #{grown >> 10} KB" if ENV["LEAK_CALLS"]
    assert_operator grown, :<, (3 << 20) + 20 * calls
  ensure
    Process.kill(:KILL, server) && Process.wait(server)
  end

  def settled = 3.times { GC.start } && resident

  def once(client, kind)
    stream = client.stream(QUESTION)
    case kind
    when 0 then client.chat(QUESTION).choices
    when 1 then stream.to_a
    when 2 then stream.first
    when 3 then stream.each { stream.cancel }
    when 4 then client.chat(model: "bad")
    end
  rescue Dosai::CancelledError, Dosai::BadRequestError => error
    error.completion
  end
end
