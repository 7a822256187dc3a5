#!/usr/bin/env escript
%% -*- erlang -*-
-mode(compile).

main(_) ->
    {ok, Client} = dosai:start_link(),
    Weather = #{name => <<"get_weather">>, description => <<"The weather of a city, now">>,
        parameters => #{type => object, properties => #{location => #{type => string}}, required => [location]},
        run => fun(#{<<"location">> := City}) -> <<"18 degrees, light rain in ", City/binary>> end},
    {ok, #{text := Text}, _} = dosai:run_tools(Client, #{model => <<"dos-ai">>,
        messages => [#{role => user, content => <<"What is the weather in Tokyo?">>}]}, [Weather]),
    io:put_chars([Text, "\n"]).
