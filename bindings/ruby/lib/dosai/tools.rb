module Dosai
  # A function that the model may call. parameters is a JSON schema; the block gets the arguments by their names, and
  # gives what the model is told: a text, or what JSON can say.
  class Tool
    attr_reader :name

    def initialize(name, description = nil, parameters = nil, &block)
      @name, @description, @parameters, @block = name.to_s, description, parameters, block
    end

    def to_h
      {type: "function", function: {name: @name, description: @description, parameters: @parameters}.compact}
    end

    def to_json(...) = to_h.to_json(...)

    def call(arguments)
      arguments = arguments.to_s.strip.empty? ? {} : JSON.parse(arguments, symbolize_names: true)
      raise ArgumentError, "the arguments are no object" unless arguments.is_a?(Hash)
      result = @block.call(**arguments)
      result.is_a?(String) ? result : JSON.generate(result)
    end
  end

  # The response_format that asks for an answer of this schema.
  def self.json_schema(name, schema, strict: true)
    {type: "json_schema", json_schema: {name: name, strict: strict, schema: schema}}
  end

  class Client
    # Asks the model, runs the functions that it calls, tells it the results, and so on until it answers. What a function
    # raises is told to the model, too, and that a result is not UTF-8. messages grows by each round; the answer is not in
    # it. After max_rounds answers that still have calls, it raises TooLargeError; if an answer with calls was cut short,
    # TruncatedError. Those calls do not run. parallel: the functions of one answer run at once, each on a thread.
    def run_tools(messages:, tools:, max_rounds: 10, parallel: false, **fields)
      (1..).each do |round|
        answer = chat(messages: messages, tools: tools, **fields)
        choice = answer.choices.first
        calls = choice ? choice.message.tool_calls : []
        return answer if calls.empty?
        check_round(answer, choice.finish_reason, round >= max_rounds && round)
        results = parallel ? calls.map { |call| Thread.new { run_tool(tools, call) } }.map(&:value) : calls.map { |call| run_tool(tools, call) }
        messages << choice.message
        calls.zip(results) { |call, result| messages << {role: "tool", tool_call_id: call.id, content: result} }
        fields[:tool_choice] = unforced(fields[:tool_choice]) if fields[:tool_choice]
      end
    end

    private

    # The choice of the questions after the first: with a call that is forced, the model could only call again.
    def unforced(choice)
      case JSON.parse(JSON.generate(choice), symbolize_names: true)
      in "required" | {function: _} | {custom: _} then "auto"
      in {allowed_tools: {mode: "required"} => allowed} => whole then {**whole, allowed_tools: {**allowed, mode: "auto"}}
      else choice
      end
    end

    def check_round(answer, reason, last)
      if %w[length content_filter].include?(reason)
        raise Error.with_status(:truncated, "an answer with calls was cut short: #{reason}", completion: answer)
      end
      raise Error.with_status(:too_large, "the model still calls functions in round #{last}", completion: answer) if last
    end

    def run_tool(tools, call)
      told = tell(tools, call)
      JSON.generate(told) # as the request will be
      told
    rescue JSON::GeneratorError, EncodingError
      "error: the result is not UTF-8"
    end

    def tell(tools, call)
      tool = tools.find { |one| one.name == call.name }
      tool ? tool.call(call.arguments) : "error: there is no function #{call.name}"
    rescue StandardError => error
      "error: #{text_of(error)}"
    end

    def text_of(error)
      error.message.to_s
    rescue StandardError
      "the function failed"
    end
  end
end
