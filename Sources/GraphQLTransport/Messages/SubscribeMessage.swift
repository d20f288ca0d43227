/// What a `subscribe` message asks for, without its id: the same request is sent again on every link.
package struct SubscribeMessage: Sendable, Hashable {
    /// The GraphQL document.
    package let query: String

    /// The operation to run, if the document holds several.
    package let operationName: String?

    /// The variables as a raw JSON object; nil leaves the member out.
    package let variables: [UInt8]?

    /// The extensions as a raw JSON object; nil leaves the member out.
    package let extensions: [UInt8]?

    /// A request whose raw parts are checked here, once, because they are spliced unseen from then on.
    package init(
        query: String,
        operationName: String? = nil,
        variables: [UInt8]? = nil,
        extensions: [UInt8]? = nil
    ) throws(ScanError) {
        if let variables { _ = try JSONScanner.scanObject(variables.span) }
        if let extensions { _ = try JSONScanner.scanObject(extensions.span) }
        self.query = query
        self.operationName = operationName
        self.variables = variables
        self.extensions = extensions
    }
}
