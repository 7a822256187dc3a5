import CDosai
import DosaiCore

@implementation @_cdecl("dosai_client_options_init")
public func dosai_client_options_init(_ options: UnsafeMutablePointer<dosai_client_options>?, _ struct_size: Int) {
  clear(options, struct_size)
}

extension dosai_client_options {
  /// The caller's options; NULL means the defaults.
  init(copying pointer: UnsafePointer<dosai_client_options>?) throws(Failure) {
    self.init()
    if let pointer { try read(pointer, into: &self, least: MemoryLayout<dosai_client_options>.size) }
  }
}

/// Converts an option to a limit: 0 means the default, -1 no limit.
private func limit(_ value: Int64, _ current: Int, _ message: Constant) throws(Failure) -> Int {
  if value == 0 { return current }
  if value == -1 { return .max }
  guard value > 0 else { throw .invalid(message) }
  return Int(clamping: value)
}

extension Limits {
  /// INVALID_ARGUMENT: the message names the option.
  init(_ options: dosai_client_options) throws(Failure) {
    self.init()
    eventBytes = try limit(options.max_event_bytes, eventBytes, "max_event_bytes: must not be negative")
    responseBytes = try limit(
      options.max_response_bytes, responseBytes, "max_response_bytes: must not be negative")
    textBytes = try limit(options.max_text_bytes, textBytes, "max_text_bytes: must not be negative")
    headerBytes = try limit(
      options.max_header_bytes, headerBytes, "max_header_bytes: must not be negative")
    jsonNodes = try limit(
      Int64(options.max_json_nodes), jsonNodes, "max_json_nodes: must not be negative")
    jsonDepth = try limit(
      Int64(options.max_json_depth), jsonDepth, "max_json_depth: must not be negative")
    if jsonDepth == .max { jsonDepth = JSONScanner.levelsMax }
    if jsonDepth > JSONScanner.levelsMax { throw .invalid("max_json_depth: must be 512 or less") }
    choices = try limit(Int64(options.max_choices), choices, "max_choices: must not be negative")
    toolCalls = try limit(
      Int64(options.max_tool_calls), toolCalls, "max_tool_calls: must not be negative")
  }
}
