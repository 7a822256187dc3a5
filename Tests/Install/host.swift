// A program with all of Swift's runtime and Foundation, and libdosai.a with the part of a runtime that is its own.
import CDosai
import Foundation

final class Answer {
  var pieces: [String: [String]] = [:]
}

var options = dosai_client_options()
var client: OpaquePointer?
var request: OpaquePointer?
let answer = Answer()
let address = ProcessInfo.processInfo.environment["DOSAI_BASE_URL"] ?? ""
let message = try JSONSerialization.data(withJSONObject: ["role": "user", "content": "Hello!"])

dosai_client_options_init(&options, MemoryLayout.size(ofValue: options))
var status = address.withCString { url in
  options.base_url = url
  return dosai_client_new(&options, &client, nil)
}
if status == DOSAI_OK { status = dosai_request_new("dos-ai", DOSAI_NUL_TERMINATED, &request, nil) }
if status == DOSAI_OK {
  status = dosai_request_add_message_json(
    request, String(decoding: message, as: UTF8.self), DOSAI_NUL_TERMINATED, nil)
}

// A cast of any type, a weak reference, a dictionary: what the library's own part of a runtime does not have.
weak let watched = answer
let show: dosai_chunk_fn = { chunk, user in
  guard let chunk = chunk?.pointee, let user, Int(chunk.kind) == DOSAI_CHUNK_CONTENT, let text = chunk.text else {
    return 0
  }
  let answer = Unmanaged<AnyObject>.fromOpaque(user).takeUnretainedValue() as? Answer
  answer?.pieces["text", default: []].append(String(cString: text))
  return 0
}
if status == DOSAI_OK {
  status = dosai_chat_stream(client, request, nil, show, Unmanaged.passUnretained(answer).toOpaque(), nil, nil)
}
dosai_request_free(request)
dosai_client_free(client)
print("status \(status): \(watched?.pieces["text", default: []].joined() ?? "")")
