/// Why a request doesn't say which operation of its document to run.
package enum OperationSelectionError: Error, Hashable, CustomStringConvertible {
    /// The document holds several operations, and the request names none.
    case nameRequired

    /// The document holds no operation of this name.
    case unknown(String)

    package var description: String {
        switch self {
        case .nameRequired: "The document holds several operations: operationName must name one of them."
        case .unknown(let name): "The document holds no operation named \"\(CloseCode.clip(name))\"."
        }
    }
}
