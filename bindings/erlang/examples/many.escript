#!/usr/bin/env escript
%% -*- erlang -*-
-mode(compile).

main(_) ->
    {ok, Client} = dosai:start_link(#{max_in_flight => 20}),
    Request = #{model => <<"dos-ai">>, messages => [#{role => user, content => <<"Hello!">>}]},
    Asked = [spawn_monitor(fun() -> {ok, _} = dosai:chat(Client, Request) end) || _ <- lists:seq(1, 100)],
    Answered = [One || {Process, Monitor} = One <- Asked, receive {'DOWN', Monitor, process, Process, Why} -> Why =:= normal end],
    io:format("~b answers~n", [length(Answered)]).
