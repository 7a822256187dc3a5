{:ok, client} = Dosai.start_link()
request = %{model: "dos-ai", messages: [%{role: "user", content: "Hello!"}]}
for chunk <- Dosai.stream!(client, request), do: IO.write(chunk.content)
IO.puts("")
