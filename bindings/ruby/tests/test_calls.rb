require_relative "support"

class TestCalls < Test
  # Sizes and offsets as the compiler of C has them.
  def test_layout
    structs = JSON.parse(File.read(File.expand_path("../../../abi/dosai.json", __dir__)))["structs"]
    assert_equal structs.keys, Dosai::Native::STRUCTS.keys.map { |name| "dosai_#{name}" }
    structs.zip(Dosai::Native::STRUCTS.values) do |(_, told), (size, format, names)|
      assert_equal told["size"], size
      ends = (1..format.size).reject { |at| format[at - 1] == "x" }.map { |at| ([0] * names.size).pack(format[0, at]).bytesize }
      assert_equal told["fields"].map { |one| [one["name"], one["offset"] + one["size"]] }, names.map(&:to_s).zip(ends)
    end
  end

  def test_chat
    client = serve do |exchange|
      body = JSON.parse(exchange.body)
      exchange.reply(answer(body.values_at("model", "seed", "top_k").push(exchange.headers["x-own"]).inspect), headers: "x-request-id: r1\r\n")
    end
    got = client.with(headers: {"x-own" => "yes"}).chat(**QUESTION, seed: 0, top_k: 4)
    assert_equal '["m", 0, 4, "yes"]', got.text
    assert_equal ["r1", 3, nil, 200, [:ok], []], [got.request_id, got.usage.total_tokens, got.usage.cached_tokens, got.http_status, got.attempts.map(&:status), got.quirks]
    assert_equal 7, JSON.parse(got.json)["own"]
    assert_operator got.timings.total, :>, 0
    assert_equal "application/json", got.header("content-type")
    ['{"model":"x"}', {model: "x"}, {"model" => "x"}].each { |request| assert_includes client.chat(request).text, '["x"' }
    assert_raises(Dosai::InvalidArgumentError) { client.chat("[]") }
    assert_raises(Dosai::InvalidArgumentError) { client.chat(model: "\xff") }
    deep = 101.times.reduce(1) { |inside, _| [inside] } # Ruby's JSON has a limit of 100
    assert_raises(Dosai::InvalidArgumentError) { client.chat(model: deep) }
    assert_raises(Dosai::InvalidArgumentError) { client.post("/x", deep) }
    assert_raises(ArgumentError) { Dosai::Client.new(nothing: 1) }
    assert_raises(ArgumentError) { Dosai::Client.new(max_retries: 1 << 33) }
    assert_raises(ArgumentError) { Dosai::Client.new(user_agent: "a\0b") }
  end

  # In a process of its own, which an address that is none would end.
  def test_options_of_a_wrong_type
    program = <<~RUBY
      require "#{File.expand_path('../lib/dosai', __dir__)}"
      def wrong(client = Dosai::Client, **options)
        client.new(**options)
      rescue ArgumentError => error
        raise if error.message.include?("12345")
      else
        puts options
      end
      [12345, true, [], {"a" => "b"}, -> {}, Dosai::Cancel.new].each do |value|
        %i[organization api_key ca_pem].each { |key| wrong(key => value) }
      end
      ["60", :a, [], {}, -> {}, Dosai::Cancel.new, Float::NAN, Float::INFINITY].each do |value|
        %i[max_retries requests_per_minute idle_timeout max_in_flight].each { |key| wrong(key => value) }
      end
      ["X-A: one", 12345, true, -> {}, Dosai::Cancel.new].each { |value| wrong(headers: value) }
      %i[on_log on_event key_fn].each { |key| [-> {}, "text", 12345].each { |value| wrong(key => value) } }
      %i[log_user_data struct_size header_count ca_pem_length].each { |key| [12345, "text"].each { |value| wrong(key => value) } }
      [true, false, 0.5].each { |value| wrong(requests_per_minute: value) }
      [true, false].each { |value| wrong(total_timeout: value) }
      client = Dosai::Client.new(user_agent: :a, http1_only: true, max_retries: 3.0, ca_pem: nil)
      with = Object.new.tap { |made| made.define_singleton_method(:new) { |**options| client.with(**options) } }
      [12345, "text", -> {}].each { |value| %i[cancel on_wait wait_user_data].each { |key| wrong(with, key => value) } }
      wrong(Dosai::Decoder, max_event_bytes: "8")
    RUBY
    assert_equal "", IO.popen(["ruby", "-W", "-e", program, {err: %i[child out]}], &:read)
    assert_predicate $?, :success?
  end

  def test_stream
    client = serve { |exchange| exchange.words(3) && exchange.events(STOP, "[DONE]") && exchange.over }
    stream = client.stream(QUESTION)
    assert_equal "0 1 2 ", stream.map(&:content).join
    assert_equal "0 1 2 ", stream.completion.text
    assert_raises(Dosai::InvalidArgumentError) { stream.to_a }
    seen = +""
    assert_equal "stop", client.stream(QUESTION) { |chunk| seen << chunk.content }.choices.first.finish_reason
    assert_equal "0 1 2 ", seen
    assert_equal "0 1 ", client.stream(QUESTION).lazy.map(&:content).reject(&:empty?).first(2).join
    outer = client.stream(QUESTION).each
    assert_equal ["0 ", "1 "], [outer.next.content, outer.next.content]
  end

  # Byte by byte, the same chunks and the same answer as from a stream.
  def test_decoder
    events = [piece("a\u00e9"), piece(""), '{"choices":[{"index":0,"delta":{"reasoning":"b"}}]}', STOP, "[DONE]"]
    client = serve { |exchange| exchange.events(*events) && exchange.over }
    stream = client.stream(QUESTION)
    chunks, decoder, seen = stream.to_a, Dosai::Decoder.new, []
    events.map { |one| "data: #{one}\n\n" }.join.each_byte { |byte| decoder.feed(byte.chr) { |chunk| seen << chunk } }
    answer = decoder.finish
    assert_equal chunks, seen
    assert_equal [stream.completion.json, "a\u00e9"], [answer.json, answer.text]
    assert_raises(Dosai::InvalidArgumentError) { decoder.feed("x") }

    cut, seen = Dosai::Decoder.new, []
    cut.feed("data: #{piece("half")}\n\n") { |chunk| seen << chunk.content }
    error = assert_raises(Dosai::TruncatedError) { cut.finish }
    assert_equal ["half", "half", "half"], [seen.join, cut.completion.text, error.completion.text]
    assert_raises(ArgumentError) { Dosai::Decoder.new(nothing: 1) }
    assert_raises(Dosai::TooLargeError) { Dosai::Decoder.new(max_event_bytes: 8).feed("data: 123456789") }
  end

  def test_many_unread_bytes
    client = serve { |exchange| exchange.words(20_000) && exchange.events(STOP, "[DONE]") && exchange.over }
    count = 0
    client.stream(QUESTION) do |chunk|
      next unless chunk.kind == :content
      assert_equal "#{count} ", chunk.text
      sleep 0.2 if (count += 1) == 1
    end
    assert_equal 20_000, count
  end

  # Others read meanwhile, so what one does not read must not pile up.
  def test_a_slow_reader_beside_a_fast_one
    client = serve { |exchange| exchange.words(20_000) && exchange.events(STOP, "[DONE]") && exchange.over }
    slow = client.stream(QUESTION).each
    first = slow.next
    assert_equal 20_000, client.stream(QUESTION).count { |chunk| chunk.kind == :content }
    assert_equal 19_999, loop.with_object([first]) { |_, all| all << slow.next }.count { |chunk| chunk.kind == :content } - 1
  end

  def test_errors
    client = serve do |exchange|
      exchange.reply('{"error":{"message":"slow","code":"c","type":"t","param":"p"}}', status: 429, headers: "Retry-After: 7\r\nx-request-id: r2\r\n")
    end
    error = assert_raises(Dosai::RateLimitedError) { client.chat(QUESTION) }
    assert_kind_of Dosai::Error, error
    assert_equal [:rate_limited, 429, "c", "t", "p", "r2", 7.0, true, nil, nil, 1, "7"],
                 [error.status, error.http_status, error.code, error.type, error.param, error.request_id, error.retry_after,
                  error.retryable?, error.clock, error.completion, error.attempts.size, error.header("retry-after")]
    assert_includes error.message, "slow"
    assert_includes error.body, "slow"

    client = serve { |exchange| exchange.events(piece("half")) && exchange.over }
    seen = []
    error = assert_raises(Dosai::TruncatedError) { client.stream(QUESTION) { |chunk| seen << chunk.content } }
    assert_equal ["half", "half"], [seen.join, error.completion.text]

    client = serve(idle_timeout: 0.05) { |exchange| exchange.words(1) && exchange.hold }
    assert_equal :idle, assert_raises(Dosai::TimeoutError) { client.stream(QUESTION).to_a }.clock
    assert_equal "INVALID", assert_raises(Dosai::InvalidArgumentError) { Dosai::Client.new(base_url: "nonsense") }.status.to_s[0, 7].upcase
  end

  def test_other_endpoints
    client = serve do |exchange|
      next exchange.reply(JSON.generate(exchange.to_h.slice(:method, :path, :body))) unless exchange.headers["accept"] == "text/event-stream"
      exchange.socket.write("HTTP/1.1 200 OK\r\nContent-Length: 51\r\n\r\nevent: said\nid: 4\ndata: {}\n\nevent: end\ndata: {}\n\n   ")
    end
    assert_equal({"method" => "GET", "path" => "/v1/models", "body" => ""}, JSON.parse(client.get("/models").json))
    assert_equal '{"n":1}', JSON.parse(client.post("/embeddings", n: 1).json)["body"]
    said = client.with(last_event: "end").post_stream("/responses", stream: true).map { |chunk| [chunk.event_type, chunk.text, chunk.event_id] }
    assert_equal [["said", "{}", "4"], ["end", "{}", "4"]], said
  end

  def test_run_tools
    calls = [["1", "add", '{"a":1,"b":2}'], ["2", "fail", ""], ["3", "nobody", "{}"], ["4", "add", "[]"]].map do |id, name, arguments|
      {id: id, type: "function", function: {name: name, arguments: arguments}}
    end
    asked = []
    client = serve do |exchange|
      asked << JSON.parse(exchange.body)
      exchange.reply(asked.last["messages"].last&.fetch("role") == "tool" ? answer("3") : answer(nil, tool_calls: calls, own: 1))
    end
    tools = [Dosai::Tool.new("add", "Adds", {type: "object"}) { |a:, b:| {sum: a + b} }, Dosai::Tool.new("fail") { raise "no luck" }]
    [false, true].each do |parallel|
      messages = QUESTION[:messages].dup
      assert_equal "3", client.run_tools(model: "m", messages: messages, tools: tools, parallel: parallel, tool_choice: "required").text
      results = asked.last["messages"].last(4).map { |one| one.values_at("tool_call_id", "content") }
      assert_equal [["1", '{"sum":3}'], ["2", "error: no luck"], ["3", "error: there is no function nobody"], ["4", "error: the arguments are no object"]], results
      assert_equal 1, asked.last["messages"][1]["own"]
      assert_equal ["required", "auto"], asked.last(2).map { |one| one["tool_choice"] }
      assert_equal({"name" => "add", "description" => "Adds", "parameters" => {"type" => "object"}}, asked.last["tools"][0]["function"])
      assert_equal 6, messages.size
    end
    lines = File.readlines(File.expand_path("../../../Tests/Bindings/tool_choices.txt", __dir__), chomp: true)
    lines.each do |line|
      first, second = line.split("\t").map { |text| JSON.parse(text) }
      symbols = first.is_a?(Hash) ? JSON.parse(line[/[^\t]*/], symbolize_names: true) : first.to_sym
      [first, symbols].each do |choice|
        client.run_tools(model: "m", messages: QUESTION[:messages].dup, tools: tools, tool_choice: choice)
        assert_equal [first, second], asked.last(2).map { |one| one["tool_choice"] }
      end
    end
    client.run_tools(model: "m", messages: QUESTION[:messages].dup, tools: tools)
    refute asked.last.key?("tool_choice")
    error = assert_raises(Dosai::TooLargeError) { client.run_tools(model: "m", messages: [], tools: tools, max_rounds: 1) }
    assert_equal 4, error.completion.choices.first.message.tool_calls.size
  end

  def test_results_of_tools
    call = {id: "1", type: "function", function: {name: "give", arguments: "{}"}}
    client = serve do |exchange|
      last = JSON.parse(exchange.body)["messages"].last
      exchange.reply(last["role"] == "tool" ? answer(last["content"]) : answer(nil, tool_calls: [call]))
    end
    messages = nil
    tell = lambda do |&block|
      messages = QUESTION[:messages].dup
      client.run_tools(model: "m", messages: messages, tools: [Dosai::Tool.new("give", &block)]).text
    end
    ["\u00e9", "\u00e9".encode("ISO-8859-1"), "\u00e9".b].each { |text| assert_equal "\u00e9", tell.() { text } }
    # The model is told of it, and the loop goes on.
    [-> { "caf\xe9" }, -> { "\xe9".b }, -> { raise "\xff" }].each do |give|
      assert_equal "error: the result is not UTF-8", tell.() { give.() }
      assert_equal 3, messages.size
    end
    without_text = Class.new(StandardError) { def message = raise("no text") }
    assert_equal "error: the function failed", tell.() { raise without_text }
    # What ends the loop leaves whole rounds.
    assert_raises(NotImplementedError) { tell.() { raise NotImplementedError } }
    assert_equal QUESTION[:messages], messages
  end

  def test_examples
    serve do |exchange|
      next exchange.reply(answer('{"name":"Paris"}')) unless exchange.body.include?('"stream":true')
      exchange.words(2) && exchange.events(STOP, "[DONE]") && exchange.over
    end
    environment = {"DOSAI_BASE_URL" => @server.url, "DOSAI_API_KEY" => "k", "RUBYLIB" => File.expand_path("../lib", __dir__)}
    shown = %w[chat json_mode many stream tools].map do |name|
      IO.popen([environment, "ruby", "-W", File.expand_path("../examples/#{name}.rb", __dir__), {err: %i[child out]}], &:read)
    end
    assert_equal ["{\"name\":\"Paris\"}\n3 tokens\n", "{:name=>\"Paris\"}\n", "100 answers; the first: {\"name\":\"Paris\"}\n",
                  "0 1 \nstop\n", "{\"name\":\"Paris\"}\n"], shown
  end
end
