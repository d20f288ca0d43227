internal import CLibwebsockets
internal import Wire

/// Why a dial failed, in words that say what to do; no byte that a peer wrote is in them.
enum DialFailure {
    static func endedEarly(isSecure: Bool) -> String {
        // Some TLS servers say nothing to what is no TLS.
        "ends the connection before it answers the upgrade" + (isSecure ? "" : ": a TLS port? Then use wss://")
    }

    static func noHTTP(isSecure: Bool) -> String {
        isSecure ? "speaks no HTTP: is it another service?" : "speaks no HTTP: a TLS port? Then use wss://"
    }

    /// - Parameter flaw: What is wrong with an answer of 101.
    static func cause(ofStatus status: Int, _ flaw: String?) -> String {
        switch status {
        case 101: "answers 101, but not as a WebSocket server does" + (flaw.map { ": \($0)" } ?? "")
        // Credentials would go elsewhere.
        case 300..<400: "redirects the upgrade, and redirects aren't followed (HTTP status \(status))"
        case 401, 403: "answers \(status): other credentials are needed"
        case 404: "answers 404: is the path right?"
        case 407: "answers 407: a proxy wants credentials"
        case 429: "answers 429: too many requests"
        case 502...504: "answers \(status): the server isn't ready"
        default: "answers \(status) instead of an upgrade: does it serve WebSockets at this path?"
        }
    }

    /// Why a TLS handshake failed.
    static func cause(of failure: clws_tls_failure_t, host: String) -> String {
        if let flaw = unsafe clws_flaw_name_of(failure.flaw), unsafe failure.flaw != 0 {
            switch unsafe clws_flaw_of(failure.flaw) {
            case clws_flaw_expired: return "can't be trusted: certificate expired; the server needs a new one"
            case clws_flaw_early: return "can't be trusted: certificate isn't valid yet; is this machine's clock right?"
            case clws_flaw_name: return "can't be trusted: certificate is for another name than \(host)"
            case clws_flaw_authority:
                return
                    "can't be trusted: certificate's authority is unknown; give its authority's file if it is your own"
            default: return unsafe "can't be trusted: \(String(cString: flaw))"
            }
        }
        let words = unsafe failure.reason.map { unsafe String(cString: $0) } ?? "no reason given"
        if unsafe failure.is_alert != 0 { return "refuses the TLS session: \(words)" }
        if unsafe failure.is_end != 0 {
            return "ends the connection within the TLS handshake: no TLS here? Then use ws://"
        }
        return unsafe failure.is_unanswered != 0
            ? "speaks another protocol: no TLS here; use ws://, or another port" : "can't make a TLS session: \(words)"
    }

    /// What may keep a server from understanding a request with these headers; empty when nothing is known.
    static func hint(on headers: [HTTPField]) -> String {
        for header in headers {
            guard let swallowed = SwallowedHeader(header.name) else { continue }
            return "; a server on libwebsockets misreads the header \(header.name), for it knows \(swallowed.known): "
                + "rename it"
        }
        return ""
    }
}
