defmodule Mix.Tasks.Compile.DosaiNif do
  use Mix.Task.Compiler

  @impl true
  def run(_) do
    {_, status} = System.cmd("make", ["-C", "c_src"], into: IO.stream())
    Mix.Project.build_structure() # again, for there is a priv now
    if status == 0, do: :ok, else: {:error, []}
  end
end

defmodule Dosai.MixProject do
  use Mix.Project

  def project do
    [
      app: :dosai,
      version: "0.1.0",
      elixir: "~> 1.14",
      compilers: [:dosai_nif] ++ Mix.compilers(),
      description: "Chat completions on libdosai: streams, cancelling, tools, honest errors",
      package: [licenses: ["MIT"], links: %{}, files: ~w(src c_src include lib mix.exs rebar.config README.md)],
      deps: [{:jiffy, "~> 1.1"}]
    ]
  end

  def application, do: [extra_applications: []]
end
