#!/usr/bin/env escript
%% -*- erlang -*-
-mode(compile).

main(_) ->
    {ok, Client} = dosai:start_link(),
    {ok, #{text := Text}} = dosai:chat(Client, #{model => <<"dos-ai">>, messages => [#{role => user, content => <<"Hello!">>}]}),
    io:put_chars([Text, "\n"]).
