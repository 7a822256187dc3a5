/// Why the model stopped: the values of `dosai_finish_reason`.
package enum FinishReason: Int32 {
  case none = 0
  case stop = 1
  case length = 2
  case toolCalls = 3
  case contentFilter = 4
  case other = 5

  package init(_ word: Bytes) {
    if word.isEmpty {
      self = .none
    } else if word.equals("stop") {
      self = .stop
    } else if word.equals("length") {
      self = .length
    } else if word.equals("tool_calls") || word.equals("function_call") {
      self = .toolCalls
    } else if word.equals("content_filter") {
      self = .contentFilter
    } else {
      self = .other
    }
  }
}
