# Chat completions on libdosai: streams, cancelling, tools, and answers that are never called complete when they are not.
#
#   client = Dosai::Client.new
#   client.stream(model: "dos-ai", messages: [{role: "user", content: "Hello!"}]) { |chunk| print chunk.content }
module Dosai
end

require_relative "dosai/declarations"
require_relative "dosai/native"
require_relative "dosai/answers"
require_relative "dosai/errors"
require_relative "dosai/loop"
require_relative "dosai/client"
require_relative "dosai/decoder"
require_relative "dosai/tools"
