internal import GraphQLTransport

extension SessionError {
    /// The end of an operation for which the server sent `message`, which is no result; the limit is in bytes.
    init(_ misfit: Misfit, of message: Span<UInt8>, limit: Int) {
        self =
            switch misfit {
            case .tooLarge: .tooLarge(limit: limit)
            case .binary: .invalidResult(reason: "it came as a binary message")
            case .malformed(let error): .invalidResult(reason: "it can't be read: \(error)")
            case .payload(let place) where place.isEmpty: .invalidResult(reason: "it has no payload")
            case .payload(let place):
                .invalidResult(reason: "it should be an object and is \(Self.beginning(of: message.extracting(place)))")
            }
    }

    private static func beginning(of bytes: Span<UInt8>) -> String {
        let limit = 200
        var beginning: [UInt8] = []
        for index in 0..<Swift.min(bytes.count, limit) { beginning.append(bytes[index]) }
        return String(decoding: beginning, as: UTF8.self) + (bytes.count > limit ? "…" : "")
    }
}
