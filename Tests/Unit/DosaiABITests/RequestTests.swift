import CDosai
import DosaiABI
import Testing

/// What only the C face does to a request.
struct RequestTests {
  @Test(arguments: [
    (0, "0"), (1, "1"), (-2, "-2"), (0.1, "0.1"), (1.5, "1.5"), (1e21, "1e+21"), (1e-7, "1e-07"),
    (.leastNonzeroMagnitude, "5e-324"),
    (.pi, "3.141592653589793"), (.greatestFiniteMagnitude, "1.7976931348623157e+308"), (-0.0, "-0"), (100, "100"),
    (123456789.25, "123456789.25"),
  ])
  func writesNumbersShortAndExact(number: Double, expected: String) throws {
    var request: OpaquePointer?
    #expect(dosai_request_parse("{}", 2, &request, nil) == DOSAI_OK)
    defer { dosai_request_free(request) }
    #expect(dosai_request_set_number(request, "x", number, nil) == DOSAI_OK)
    let json = try #require(dosai_request_json(request, nil))
    #expect(String(cString: json) == "{\"x\":\(expected)}")
    #expect(Double(expected) == number)
  }
}
