// Written by scripts/declarations.py: change include/dosai.h, then run that.
package ai.dos;

/** Options of a client. What is not set is the library's default. A time of zero is as if it were not set; a negative one is none. */
public final class ClientOptions extends Options<ClientOptions> {
    public ClientOptions() {
        super(Declarations.client_options.SIZE, Declarations::dosai_client_options_init);
    }

    /** In C: retries per call, at most 100. 0: 2 */
    public ClientOptions maxRetries(int value) {
        return number(4, 4, value);
    }

    /** In C: null: "https://api.dos.ai/v1". It may have a path and a query (?api-version=...) */
    public ClientOptions baseUrl(String value) {
        return text(8, value);
    }

    /** In C: null: no key is sent. Where a server repeats it, asterisks replace it; but an answer keeps one of fewer than 12 bytes, which may be a word, such as "ollama" */
    public ClientOptions apiKey(String value) {
        return text(16, value);
    }

    /** In C: null: "Authorization: Bearer KEY". Otherwise the name of a header whose value is the key alone, such as "api-key"; not one that libcurl sets, such as "Host" */
    public ClientOptions apiKeyHeader(String value) {
        return text(24, value);
    }

    /** In C: value of the OpenAI-Organization header */
    public ClientOptions organization(String value) {
        return text(32, value);
    }

    /** In C: value of the OpenAI-Project header */
    public ClientOptions project(String value) {
        return text(40, value);
    }

    /** In C: null: "dosai/VERSION" */
    public ClientOptions userAgent(String value) {
        return text(48, value);
    }

    /** In C: "Name: value"; each replaces the library's own header of that name. At most 1,000 */
    public ClientOptions headers(String... value) {
        return lines(56, value);
    }

    /** In C: PEM, for the server and for an https:// proxy. null: the system's authorities */
    public ClientOptions caFile(String value) {
        return text(72, value);
    }

    /** In C: PEM text, used instead of ca_file */
    public ClientOptions caPem(String value) {
        return text(80, value);
    }

    /** In C: PEM */
    public ClientOptions clientCertificateFile(String value) {
        return text(96, value);
    }

    /** In C: PEM. null: the key is in client_certificate_file */
    public ClientOptions clientKeyFile(String value) {
        return text(104, value);
    }

    public ClientOptions clientKeyPassword(String value) {
        return text(112, value);
    }

    /** In C: such as "http://host:port" or "socks5h://host:port". null or "": none, but see proxy_from_environment. What it answers to an http URL looks like the server's answer, but a 407 is PROXY */
    public ClientOptions proxy(String value) {
        return text(120, value);
    }

    /** In C: path of a Unix socket to connect to instead of the URL's host */
    public ClientOptions unixSocket(String value) {
        return text(128, value);
    }

    /** In C: 0: 10 s */
    public ClientOptions connectTimeout(java.time.Duration value) {
        return time(136, value);
    }

    /** In C: 0: 600 s */
    public ClientOptions firstTokenTimeout(java.time.Duration value) {
        return time(144, value);
    }

    /** In C: only for streams. 0: 300 s */
    public ClientOptions idleTimeout(java.time.Duration value) {
        return time(152, value);
    }

    /** In C: 0: 600 s for unary calls, none for streams */
    public ClientOptions totalTimeout(java.time.Duration value) {
        return time(160, value);
    }

    /** In C: how long an idle connection may be reused; rounded up to seconds. 0: 60 s */
    public ClientOptions keepAliveTimeout(java.time.Duration value) {
        return time(168, value);
    }

    /** In C: largest event of a stream. 0: 16 MiB */
    public ClientOptions maxEventBytes(long value) {
        return number(176, 8, value);
    }

    /** In C: largest unary answer, decompressed. 0: 64 MiB */
    public ClientOptions maxResponseBytes(long value) {
        return number(184, 8, value);
    }

    /** In C: largest completion of a stream. 0: 64 MiB */
    public ClientOptions maxTextBytes(long value) {
        return number(192, 8, value);
    }

    /** In C: all response headers together. 0: libcurl's limit: 300 KiB, less over HTTP/2 */
    public ClientOptions maxHeaderBytes(long value) {
        return number(200, 8, value);
    }

    /** In C: JSON values in one event or answer. 0: 1,000,000 */
    public ClientOptions maxJsonNodes(int value) {
        return number(208, 4, value);
    }

    /** In C: 0 or -1: 512, the maximum */
    public ClientOptions maxJsonDepth(int value) {
        return number(212, 4, value);
    }

    /** In C: 0: 128 */
    public ClientOptions maxChoices(int value) {
        return number(216, 4, value);
    }

    /** In C: per choice. 0: 1,024 */
    public ClientOptions maxToolCalls(int value) {
        return number(220, 4, value);
    }

    /** In C: how many to follow, within the same origin only: 301, 302, 303, 307 and 308 for a GET, 307 and 308 for a POST. 0: none; at most 5; not -1 */
    public ClientOptions maxRedirects(int value) {
        return number(224, 4, value);
    }

    /** In C: 1: a key may go over plain http to another machine or through a proxy. 0: such a client is refused with INVALID_ARGUMENT */
    public ClientOptions allowInsecureHttp(boolean value) {
        return flag(228, value);
    }

    /** In C: 1: if proxy is not set, use the first of https_proxy, HTTPS_PROXY, all_proxy and ALL_PROXY, and no_proxy or else NO_PROXY, for https URLs only */
    public ClientOptions proxyFromEnvironment(boolean value) {
        return flag(232, value);
    }

    /** In C: 1: do not use HTTP/2 */
    public ClientOptions http1Only(boolean value) {
        return flag(236, value);
    }

    /** In C: see "Rates" in dosai.h. 0: none */
    public ClientOptions requestsPerMinute(long value) {
        return number(296, 8, value);
    }

    /** In C: see "Rates" in dosai.h. 0: none */
    public ClientOptions tokensPerMinute(long value) {
        return number(304, 8, value);
    }
}
