#if Cluster
internal import CNats
internal import GraphQLTransport

/// A call of libnats that failed.
struct NATSFailure: Error, Sendable, CustomStringConvertible {
    /// One line, in libnats' or the server's words.
    let description: String

    init(_ description: String) { self.description = description.onOneLine }

    /// The failure of the call that the calling thread has just made.
    init(_ status: natsStatus) {
        var last = NATS_OK
        let text = unsafe nats_GetLastError(&last).map { unsafe String(cString: $0) } ?? ""
        let isOfThisCall = last == status && !text.isEmpty
        self.init(isOfThisCall ? Self.withoutPlace(text) : unsafe String(cString: natsStatus_GetText(status)))
    }

    /// The text without the line of libnats' source before it: `(conn.c:2088): `.
    private static func withoutPlace(_ text: String) -> String {
        guard text.hasPrefix("("), let end = text.firstRange(of: "): ") else { return text }
        return String(text[end.upperBound...])
    }
}

/// Throws what a call of libnats failed with.
func check(_ status: natsStatus) throws(NATSFailure) {
    guard status == NATS_OK else { throw NATSFailure(status) }
}
#endif
