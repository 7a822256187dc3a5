defmodule Dosai.Error do
  @moduledoc """
  Why a call failed. `completion` is the part of the answer that had arrived.
  """
  defexception [:status, :message, :code, :type, :param, :body, :request_id, :retry_after_ms, :clock, :completion, :timings] ++
                 [http_status: 0, is_retryable: false, attempts: []]

  @impl true
  def message(error), do: "#{error.status}: #{error.message}"
end

defmodule Dosai do
  @moduledoc """
  Chat completions on libdosai: streams, cancelling, tools, and answers that are never called complete when they are not.

      {:ok, client} = Dosai.start_link()
      request = %{model: "dos-ai", messages: [%{role: "user", content: "Hello!"}]}
      for chunk <- Dosai.stream!(client, request), do: IO.write(chunk.content)

  Answers and chunks are maps, as the module `:dosai` describes them; a map has no key for what the server did not send.
  An answer's message goes back as its `json` says: to change it, make a new one of `role` and `content`. That module
  also gives the outcome of a call as messages, for a GenServer: see `:dosai.submit/3`.
  """

  @doc """
  Starts a client: an endpoint, a key, limits and open connections. Its options are those of `:dosai.start_link/1`.
  """
  def start_link(options \\ []), do: outcome(:dosai.start_link(Map.new(options)))

  def child_spec(options) do
    %{id: Access.get(options, :name, Dosai), start: {Dosai, :start_link, [options]}}
  end

  @doc "Ends a client. Its calls end with an error."
  def stop(client), do: :dosai.stop(client)

  @doc "Sends the request, a map or JSON, and gives the whole answer."
  def chat(client, request, options \\ []), do: outcome(:dosai.chat(client, request, Map.new(options)))
  def chat!(client, request, options \\ []), do: chat(client, request, options) |> unwrap()

  @doc "Sends a GET to any endpoint, such as `/models`."
  def get(client, path, options \\ []), do: outcome(:dosai.get(client, path, Map.new(options)))

  @doc "Sends a POST to any endpoint."
  def post(client, path, body, options \\ []), do: outcome(:dosai.post(client, path, body, Map.new(options)))

  @doc """
  A stream of chunks, for `Enum` and `Stream`. The request is sent when it is read; what stops reading cancels the call.
  The last element, of the kind `:completion`, has the whole answer; if that is not complete, `Dosai.Error` is raised.
  """
  def stream!(client, request, options \\ []) do
    read(fn -> :dosai.stream(client, request, Map.new(options)) end)
  end

  @doc "Likewise, of a POST to any endpoint that answers with server-sent events: each is one chunk, of the kind `:event`."
  def post_stream!(client, path, body, options \\ []) do
    read(fn -> :dosai.post_stream(client, path, body, Map.new(options)) end)
  end

  @doc """
  Asks the model, runs the functions that it calls, tells it the results, and so on until it answers. A tool is a map
  with `name`, `description`, `parameters` and `run`, a function of a map. See `:dosai.run_tools/4`.
  """
  def run_tools(client, request, tools, options \\ []) do
    case :dosai.run_tools(client, request, tools, Map.new(options)) do
      {:ok, completion, messages} -> {:ok, completion, messages}
      failed -> outcome(failed)
    end
  end

  @doc "The `response_format` that asks for an answer of this schema."
  def json_schema(name, schema), do: :dosai.json_schema(name, schema)

  defp read(open) do
    Stream.resource(fn -> open.() |> outcome() |> unwrap() end, &next/1, fn
      nil -> :ok
      call -> :dosai.close(call)
    end)
  end

  defp next(nil), do: {:halt, nil}

  defp next(call) do
    case :dosai.next(call) do
      {:ok, chunk, rest} -> {[chunk], rest}
      {:done, completion} -> {[%{kind: :completion, content: "", completion: completion}], nil}
      failed -> failed |> outcome() |> unwrap()
    end
  end

  defp outcome({:error, %{status: _} = error}), do: {:error, struct!(Dosai.Error, error)}
  defp outcome(other), do: other

  defp unwrap({:ok, value}), do: value
  defp unwrap({:error, error}), do: raise(error)
end
