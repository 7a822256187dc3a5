#!/usr/bin/env escript
%% -*- erlang -*-
-mode(compile).

main(_) ->
    {ok, Client} = dosai:start_link(),
    {ok, Stream} = dosai:stream(Client, #{model => <<"dos-ai">>, messages => [#{role => user, content => <<"Hello!">>}]}),
    case dosai:fold(fun(#{content := Text}, _) -> io:put_chars(Text) end, ok, Stream) of
        {ok, _, #{choices := [#{finish_reason := Reason} | _]}} -> io:format("~n~ts~n", [Reason]);
        {error, #{status := Status, message := Message}} -> io:format("~n~ts: ~ts~n", [Status, Message])
    end.
