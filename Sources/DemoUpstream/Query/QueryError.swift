/// Why a request can't be served, in words for the client.
struct QueryError: Error, Equatable {
    let message: String

    init(_ message: String) { self.message = message }

    /// A name out of a request, short enough to be repeated to the client.
    static func quote(_ name: String) -> String {
        name.utf8.count <= 64 ? "\"\(name)\"" : "\"\(name.prefix(60))…\""
    }
}
