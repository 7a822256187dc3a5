extension Status {
  /// The status for an HTTP error. The code and type in its body distinguish a quota from a rate limit.
  package init(httpStatus: Int32, _ server: ServerError) {
    let isQuota =
      server.code?.bytes.equals("insufficient_quota") == true || server.type?.bytes.equals("insufficient_quota") == true
    switch httpStatus {
    case 300..<400: self = .redirected
    case 401: self = .authentication
    case 402: self = .insufficientCredits
    case 403: self = .permission
    case 404: self = .notFound
    case 407: self = .proxy
    case 408: self = .server
    case 429: self = isQuota ? .insufficientCredits : .rateLimited
    case 400..<500: self = .badRequest
    case 503, 529: self = .unavailable
    default: self = .server
    }
  }

  /// The meaning of the status, for people.
  package var explanation: Constant {
    switch self {
    case .redirected: "the server redirected the request"
    case .badRequest: "the server refused the request"
    case .authentication: "the key is missing or was refused"
    case .insufficientCredits: "the account has no credits left"
    case .permission: "this is not permitted"
    case .notFound: "the server has no such model or path"
    case .proxy: "the proxy refused the connection"
    case .rateLimited: "the rate limit was reached"
    case .unavailable: "the model is not available at the moment"
    case .provider: "the server reports an error"
    default: "the server failed"
    }
  }
}
