#!/usr/bin/env escript
%% -*- erlang -*-
-mode(compile).

main(_) ->
    {ok, Client} = dosai:start_link(),
    Schema = #{type => object, additionalProperties => false, required => [name, is_capital],
        properties => #{name => #{type => string}, is_capital => #{type => boolean}}},
    {ok, #{text := Text}} = dosai:chat(Client, #{model => <<"dos-ai">>, messages => [#{role => user, content => <<"Tell me about Paris.">>}],
        response_format => dosai:json_schema("city", Schema)}),
    try jiffy:decode(Text, [return_maps]) of
        #{<<"name">> := Name, <<"is_capital">> := IsCapital} -> io:format("~ts ~p~n", [Name, IsCapital])
    catch
        _:_ -> io:format("this is not JSON: ~ts~n", [Text])
    end.
