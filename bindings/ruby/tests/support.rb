# A server in a thread, and what the tests have in common.
require "socket"
require "minitest/autorun"
require "timeout"
require_relative "../lib/dosai"
require_relative "scheduler"

QUESTION = {model: "m", messages: [{role: "user", content: "Hello!"}]}.freeze
STOP = '{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}'.freeze

def piece(text) = JSON.generate(id: "a", choices: [{index: 0, delta: {content: text}}])

def answer(content, **message)
  choices = [{index: 0, finish_reason: "stop", message: {role: "assistant", content: content, **message}}]
  JSON.generate(id: "a", object: "chat.completion", created: 1, model: "m", own: 7, choices: choices,
                usage: {prompt_tokens: 1, completion_tokens: 2, total_tokens: 3})
end

# The block gets each exchange.
class Server
  Exchange = Struct.new(:socket, :method, :path, :headers, :body) do
    def reply(json, status: 200, headers: "")
      socket.write("HTTP/1.1 #{status} X\r\n#{headers}Content-Type: application/json\r\nContent-Length: #{json.bytesize}\r\n\r\n#{json}")
    end

    def events(*list)
      @is_open ||= socket.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
      list.each { |one| "data: #{one}\n\n".then { |text| socket.write("#{text.bytesize.to_s(16)}\r\n#{text}\r\n") } }
    end

    def over = socket.write("0\r\n\r\n")
    def words(count) = events(*Array.new(count) { |at| piece("#{at} ") })
    # Until the client goes.
    def hold = socket.read(1)
  end

  attr_reader :open

  def initialize(&answering)
    @open, @answering, @listener = Queue.new, answering, TCPServer.new("127.0.0.1", 0)
    @threads = [Thread.new { loop { @listener.accept.then { |socket| @threads << Thread.new { serve(socket) } } } }]
  end

  def url = "http://127.0.0.1:#{@listener.addr[1]}/v1"
  def close = @threads.each(&:kill)

  private

  def serve(socket)
    socket.setsockopt(Socket::IPPROTO_TCP, Socket::TCP_NODELAY, 1)
    @open << socket
    while (line = socket.gets)
      method, path = line.split
      headers = {}
      headers.store(*line.chomp.downcase.split(": ", 2)) while (line = socket.gets) && line != "\r\n"
      @answering.call(Exchange.new(socket, method, path, headers, socket.read(headers["content-length"].to_i)))
    end
  rescue SystemCallError, IOError
    nil
  ensure
    @open.pop
    socket.close
  end
end

class Test < Minitest::Test
  # How late the machine is: what a thread that only sleeps sees.
  LATE = [0.0]
  Thread.new do
    loop do
      started = now
      sleep 0.002
      LATE[0] += [now - started - 0.0035, 0].max
    end
  end

  def self.now = Process.clock_gettime(Process::CLOCK_MONOTONIC)

  def moment = [Test.now, LATE[0]]

  # Fails if it is later, after a block if there is one, and the machine was not that late.
  def assert_within(seconds, since = moment)
    yield if block_given?
    sleep 0.01
    started, late = since
    assert_operator Test.now - started - 0.01 - 3 * (LATE[0] - late), :<, seconds
  end

  def serve(**options, &answering)
    @server = Server.new(&answering)
    (@closing ||= []) << @server
    @closing.unshift(client = Dosai::Client.new(base_url: @server.url, api_key: "k", max_retries: -1, **options))
    client
  end

  def teardown = @closing&.each(&:close)

  def assert_nothing_open
    200.times { @server.open.empty? ? return : sleep(0.01) }
    flunk "#{@server.open.size} connections stay open"
  end
end
