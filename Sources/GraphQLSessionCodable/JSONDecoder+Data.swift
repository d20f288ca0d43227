internal import FoundationEssentials
internal import GraphQLTransport

extension JSONDecoder {
    /// Decodes the member `data` of a result; nil is a result without one.
    func decode<Value: Decodable>(
        _ type: Value.Type,
        fromMember data: ArraySlice<UInt8>?
    ) throws(ResultDecodingError) -> Value {
        guard let data else { throw .missingData }
        let isNull = data.elementsEqual("null".utf8)
        do {
            return try decode(type, from: Data(data))
        } catch {
            if isNull { throw .nullData }
            throw ResultDecodingError(error)
        }
    }
}

extension ResultDecodingError {
    fileprivate init(_ error: any Error) {
        let context: DecodingError.Context? =
            switch error {
            case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context),
                DecodingError.dataCorrupted(let context):
                context
            case DecodingError.keyNotFound(let key, let context):
                DecodingError.Context(
                    codingPath: context.codingPath,
                    debugDescription: "there is no member \(key.stringValue)"
                )
            default: nil
            }
        guard let context else {
            self = .mismatch(path: "", reason: "\(error)".onOneLine)
            return
        }
        let path = context.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")
        self = .mismatch(path: path, reason: context.debugDescription.onOneLine)
    }
}
