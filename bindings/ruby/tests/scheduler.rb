# The smallest Fiber scheduler that does: waits for descriptors, sleeps, and blocks on mutexes and the like.
class Scheduler
  def self.run(&block)
    result = nil
    Thread.new do
      Fiber.set_scheduler(new)
      Fiber.schedule { result = block.call }
    end.join
    result
  end

  def initialize
    @readable, @writable, @timers, @blocked, @ready, @lock = {}, {}, {}, {}, [], Mutex.new
    @wake, @waker = IO.pipe
  end

  def io_wait(io, events, timeout)
    fiber = Fiber.current
    @timers[fiber] = now + timeout if timeout
    list = events & IO::READABLE != 0 ? @readable : @writable
    (list[io] ||= []) << fiber
    Fiber.yield ? events : false
  ensure
    @timers.delete(fiber)
    list[io].delete(fiber)
    list.delete(io) if list[io].empty?
  end

  def kernel_sleep(duration = nil)
    block(:sleep, duration)
    true
  end

  def block(_blocker, timeout = nil)
    fiber = Fiber.current
    @timers[fiber] = now + timeout if timeout
    @blocked[fiber] = true
    Fiber.yield
  ensure
    @timers.delete(fiber)
    @blocked.delete(fiber)
  end

  def unblock(_blocker, fiber)
    @lock.synchronize { @ready << fiber }
    @waker.write_nonblock(".")
  end

  def fiber(&block) = Fiber.new(blocking: false, &block).tap(&:resume)
  def close = run

  def run
    until @readable.empty? && @writable.empty? && @timers.empty? && @blocked.empty?
      wait = @timers.empty? ? nil : [@timers.values.min - now, 0].max
      readable, writable = IO.select([*@readable.keys, @wake], @writable.keys, [], wait)
      @wake.read_nonblock(100, exception: false)
      fibers = @lock.synchronize { @ready.slice!(0..) }.to_h { |fiber| [fiber, true] }
      @timers.each { |fiber, time| fibers[fiber] ||= false if time <= now }
      readable.to_a.each { |io| @readable[io]&.each { |fiber| fibers[fiber] = true } }
      writable.to_a.each { |io| @writable[io]&.each { |fiber| fibers[fiber] = true } }
      fibers.each { |fiber, is_ready| fiber.resume(is_ready) if fiber.alive? }
    end
  end

  private

  def now = Process.clock_gettime(Process::CLOCK_MONOTONIC)
end
