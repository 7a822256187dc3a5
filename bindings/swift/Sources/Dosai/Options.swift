/// The options of a client: a number of 0 or nil is the default, -1 means no limit, or no retry. See `dosai_client_options`.
public struct ClientOptions: Sendable {
  /// nil: DOSAI_BASE_URL, or "https://api.dos.ai/v1".
  public var baseURL: String?
  /// nil: DOSAI_API_KEY, or none.
  public var apiKey: String?
  /// Of a header whose value is the key alone, such as "api-key".
  public var apiKeyHeader: String?
  public var organization: String?
  public var project: String?
  public var userAgent: String?
  /// "Name: value"
  public var headers: [String] = []
  public var caFile: String?
  public var caPEM: String?
  public var clientCertificateFile: String?
  public var clientKeyFile: String?
  public var clientKeyPassword: String?
  public var proxy: String?
  public var unixSocket: String?
  public var maxRetries = 0
  /// Each of these: less than zero means none.
  public var connectTimeout: Duration?
  public var firstTokenTimeout: Duration?
  /// Between two chunks of a stream.
  public var idleTimeout: Duration?
  public var totalTimeout: Duration?
  public var keepAliveTimeout: Duration?
  public var maxEventBytes = 0
  public var maxResponseBytes = 0
  public var maxTextBytes = 0
  public var maxHeaderBytes = 0
  public var maxJSONNodes = 0
  public var maxJSONDepth = 0
  public var maxChoices = 0
  public var maxToolCalls = 0
  public var maxRedirects = 0
  public var allowInsecureHTTP = false
  public var proxyFromEnvironment = false
  public var http1Only = false
  /// What the server allows, of all calls of the client.
  public var requestsPerMinute = 0
  public var tokensPerMinute = 0
  /// How many asynchronous calls run at once; the others wait in turn.
  public var maxInFlight = 0
  public var maxConnectionsPerHost = 0

  public init(baseURL: String? = nil, apiKey: String? = nil) { (self.baseURL, self.apiKey) = (baseURL, apiKey) }
}

/// The options of one call; what is not set is the client's.
public struct CallOptions: Sendable {
  public var maxRetries = 0
  public var connectTimeout: Duration?
  public var firstTokenTimeout: Duration?
  public var idleTimeout: Duration?
  public var totalTimeout: Duration?
  public var headers: [String] = []
  /// See `dosai_stream_open_post`.
  public var lastEvent: String?
  /// Cancels the call, whichever thread it runs on. Asynchronous calls need none: they are cancelled with their task.
  public var cancel: CancelToken?

  public init(totalTimeout: Duration? = nil, cancel: CancelToken? = nil) {
    (self.totalTimeout, self.cancel) = (totalTimeout, cancel)
  }
}

// What is printed, or reflected in another way, has no key, password, header or query.

extension ClientOptions: CustomReflectable {
  public var customMirror: Mirror {
    let url = baseURL.map { String($0.prefix { $0 != "?" }) }
    return Mirror(self, children: ["baseURL": url as Any], displayStyle: .struct)
  }
}

extension CallOptions: CustomReflectable {
  public var customMirror: Mirror {
    Mirror(self, children: ["totalTimeout": totalTimeout as Any], displayStyle: .struct)
  }
}
