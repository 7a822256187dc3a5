-module(supervisor_of_tests).
-behaviour(supervisor).
-export([init/1]).

init([]) -> {ok, {#{}, []}}.
