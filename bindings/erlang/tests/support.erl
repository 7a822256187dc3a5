-module(support).
-export([question/0, client/1, client/2, contents/1, test/2, took/2, now_ms/0, gone/1, settled/0, fails/2]).

question() -> #{model => m, messages => [#{role => user, content => <<"Hello!">>}]}.

url(Script) -> string:replace(os:getenv("DOSAI_TEST_URL"), "NAME", Script).

client(Script) -> client(Script, #{}).
client(Script, Options) ->
    dosai:start_link(maps:merge(#{base_url => url(Script), api_key => "k", max_retries => -1, total_timeout_ms => 20000}, Options)).

contents({ok, Stream}) -> contents(Stream);
contents({error, Error}) -> {error, Error};
contents(Stream) ->
    case dosai:fold(fun(#{content := Text}, Parts) -> [Text | Parts] end, [], Stream) of
        {ok, Parts, #{text := Text}} ->
            Text = iolist_to_binary(lists:reverse(Parts));
        Failed -> Failed
    end.

fails(Status, {error, #{status := Status} = Error}) -> Error.

%% In a process of its own: what it leaves behind is not the next one's.
test(Name, Work) ->
    {Process, Monitor} = spawn_monitor(Work),
    receive
        {'DOWN', Monitor, process, Process, normal} -> io:format("ok ~ts~n", [Name]);
        {'DOWN', Monitor, process, Process, Why} ->
            io:format("FAIL ~ts: ~p~n", [Name, Why]),
            halt(1)
    end.

now_ms() -> erlang:monotonic_time(microsecond) / 1000.

took(Since, Limit) -> io:format("took ~.3f ~b~n", [now_ms() - Since, Limit]).

%% Waits until no connection of a script is open.
gone(Script) ->
    [Server, _] = string:split(os:getenv("DOSAI_TEST_URL"), "/s/"),
    {ok, Client} = dosai:start_link(#{base_url => Server}),
    gone(Client, Script, 500).

gone(_, Script, 0) -> error({connections_stay_open, Script});
gone(Client, Script, Left) ->
    {ok, #{json := Json}} = dosai:get(Client, ["/stats/", Script]),
    case jiffy:decode(Json, [return_maps]) of
        #{<<"connections">> := Count, <<"ended">> := Count} when Count > 0 -> dosai:stop(Client);
        _ ->
            timer:sleep(10),
            gone(Client, Script, Left - 1)
    end.

settled() ->
    [erlang:garbage_collect(Process) || Process <- processes()],
    ok.
