/// Why a request can't be served; a message for the client.
struct QueryError: Error, Equatable {
    let message: String

    init(_ message: String) { self.message = message }

    /// A name from a request in quotes, shortened if it is long.
    static func quote(_ name: String) -> String {
        name.utf8.count <= 64 ? "\"\(name)\"" : "\"\(name.prefix(60))…\""
    }
}
