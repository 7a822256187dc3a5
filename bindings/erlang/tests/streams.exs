# Elixir's layer: streams for Enum and Stream, errors as exceptions.
defmodule Streams do
  @question %{model: "m", messages: [%{role: "user", content: "Hello!"}]}
  @hello "Hello! How can I help you today?"

  def client(script, options \\ []) do
    url = String.replace(System.fetch_env!("DOSAI_TEST_URL"), "NAME", script)
    {:ok, client} = Dosai.start_link([base_url: url, api_key: "k", max_retries: -1, total_timeout_ms: 20_000] ++ options)
    client
  end

  def test(name, work) do
    Task.await(Task.async(work), 60_000)
    IO.puts("ok #{name}")
  end

  def fails(status, work) do
    work.()
    raise "it does not fail"
  rescue
    error in Dosai.Error ->
      ^status = error.status
      error
  end

  def now, do: System.monotonic_time(:microsecond) / 1000
  def took(since, limit), do: IO.puts("took #{Float.round(now() - since, 3)} #{limit}")

  def stream do
    chunks = Dosai.stream!(client("hello"), @question) |> Enum.to_list()
    @hello = Enum.map_join(chunks, & &1.content)
    %{kind: :completion, completion: %{text: @hello, choices: [%{finish_reason: "stop"}]}} = List.last(chunks)
    @hello = Dosai.chat!(client("hello"), @question).text
    {:ok, %{text: echoed}} = Dosai.chat(client("echo"), Map.put(@question, :user, nil), headers: %{"x-own" => "yes"})
    %{"user" => nil, "model" => "m"} = :jiffy.decode(echoed, [:return_maps, :use_nil])
  end

  def errors do
    {:error, %Dosai.Error{status: :rate_limited, http_status: 429, completion: nil}} = Dosai.chat(client("limited"), @question)
    error = fails(:truncated, fn -> client("half") |> Dosai.stream!(@question) |> Stream.run() end)
    %{completion: %{text: "0 1 2 "}, is_retryable: true} = error
    "truncated: " <> _ = Exception.message(error)
    fails(:invalid_argument, fn -> Dosai.chat!(client("hello"), "[]") end)
    {:error, %Dosai.Error{status: :invalid_argument}} = Dosai.start_link(nothing: 1)
  end

  def leaving do
    endless = client("endless~elixir")
    ["", "0 ", "1 "] = ["" | endless |> Dosai.stream!(@question) |> Stream.map(& &1.content) |> Enum.take(2)]
    catch_throw(fn -> for _ <- Dosai.stream!(endless, @question), do: throw(:in_the_middle) end)
    :support.gone("endless~elixir")
  end

  defp catch_throw(work) do
    work.()
    raise "it does not throw"
  catch
    :in_the_middle -> :ok
  end

  def tasks do
    endless = client("endless~task")
    me = self()
    task = Task.async(fn -> endless |> Dosai.stream!(@question) |> Enum.each(&send(me, &1.kind)) end)
    receive do: (:content -> Process.sleep(100))
    since = now()
    nil = Task.shutdown(task, :brutal_kill)
    :support.gone("endless~task")
    took(since, 50)
    hello = client("hello", max_in_flight: 10)
    answers = Task.async_stream(1..100, fn _ -> Dosai.chat!(hello, @question).text end, max_concurrency: 50)
    true = Enum.all?(answers, &(&1 == {:ok, @hello}))
  end

  def tools do
    add = %{name: "add", run: fn %{"a" => a, "b" => b} -> %{sum: a + b} end}
    fail = %{name: "fail", run: fn _ -> raise "no luck" end}
    {:ok, answer, messages} = Dosai.run_tools(client("model"), @question, [add, fail])
    ~s({"sum":3}|error: no luck|error: there is no function nobody|error: the arguments are no object) = answer.text
    7 = length(messages)
    {:error, %Dosai.Error{status: :too_large}} = Dosai.run_tools(client("model"), @question, [add], max_rounds: 1)
  end

  def supervised do
    url = String.replace(System.fetch_env!("DOSAI_TEST_URL"), "NAME", "hello")
    {:ok, _} = Supervisor.start_link([{Dosai, name: Chat, base_url: url, api_key: fn -> "k" end}], strategy: :one_for_one)
    @hello = Dosai.chat!(Chat, @question).text
    {:ok, %{http_status: 200}} = Dosai.post(Chat, "/chat/completions", @question)
  end
end

Streams.test("stream", &Streams.stream/0)
Streams.test("errors", &Streams.errors/0)
Streams.test("leaving", &Streams.leaving/0)
Streams.test("tasks", &Streams.tasks/0)
Streams.test("tools", &Streams.tools/0)
Streams.test("a supervisor", &Streams.supervised/0)
