{:ok, client} = Dosai.start_link(max_in_flight: 20)
request = %{model: "dos-ai", messages: [%{role: "user", content: "Hello!"}]}
answers = Task.async_stream(1..100, fn _ -> Dosai.chat!(client, request).text end, max_concurrency: 100)
IO.puts("#{Enum.count(answers, &match?({:ok, _}, &1))} answers")
