rockspec_format = "3.0"
package = "dosai"
version = "0.1.0-1"
source = {url = "."}
description = {summary = "Chat completions on libdosai: streams, cancelling, tools, honest errors", license = "MIT"}
dependencies = {"lua == 5.1"}
external_dependencies = {DOSAI = {library = "libdosai.so.0"}}
build = {
  type = "builtin",
  modules = {
    dosai = "dosai/init.lua", ["dosai.answers"] = "dosai/answers.lua", ["dosai.cdef"] = "dosai/cdef.lua", ["dosai.json"] = "dosai/json.lua",
    ["dosai.loop"] = "dosai/loop.lua", ["dosai.native"] = "dosai/native.lua",
  },
}
