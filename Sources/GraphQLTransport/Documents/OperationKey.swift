/// Decides which requests are the same operation upstream, by comparing bytes.
///
/// It consists of the canonical document, the name of the selected operation, and the canonical variables and
/// extensions. Naming the only operation of a document, or no operation, makes no difference.
package struct OperationKey: Sendable, Hashable {
    private let document: [UInt8]
    private let operationName: [UInt8]?
    private let variables: [UInt8]
    private var extensions: [UInt8]

    /// The key of an operation of a document, with its variables and extensions as raw JSON objects, null or nil.
    ///
    /// One extension can be left out of the key: the relay's own, which the upstream never sees.
    package init(
        document: Document,
        operation: Operation,
        variables: [UInt8]? = nil,
        extensions: [UInt8]? = nil,
        omittingExtension omitted: StaticString? = nil
    ) throws(ScanError) {
        self.document = document.canonical
        self.operationName = operation.name.map { Array($0.utf8) }
        self.variables = try CanonicalJSON.object(variables)
        self.extensions = try CanonicalJSON.object(extensions, omitting: omitted)
    }

    /// The parts, in an order that stays; nil for the name of an operation that has none.
    package var parts: [[UInt8]?] { [document, operationName, variables, extensions] }

    /// The key without the extensions.
    package var withoutExtensions: OperationKey {
        var key = self
        key.extensions = CanonicalJSON.empty
        return key
    }
}
