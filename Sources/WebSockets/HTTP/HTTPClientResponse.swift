package import Wire

/// What a server answered to an `HTTPClientRequest`, whatever the status.
package struct HTTPClientResponse: Sendable, Equatable {
    /// The status code.
    package var status: Int
    /// The final response's headers, names in lower case.
    package var headers: [HTTPField]
    /// The body, decompressed.
    package var body: [UInt8]

    /// A header's first value.
    package func header(_ name: String) -> String? {
        headers.first { $0.name == name }?.value
    }
}
