import GraphQLTransport

extension String {
    /// The UTF-8 of a literal in a test.
    var bytes: [UInt8] { Array(utf8) }
}

extension Array where Element == UInt8 {
    /// The text of bytes, for readable failures.
    var text: String { String(decoding: self, as: UTF8.self) }

    /// The text of a part, for readable failures.
    func text(_ range: Range<Int>) -> String { String(decoding: self[range], as: UTF8.self) }
}

extension ServerMachine {
    /// Feeds one text message.
    mutating func receive(_ text: String) -> ServerAction {
        let bytes = text.bytes
        return receive(bytes.span)
    }
}

extension ClientMachine {
    /// Feeds one text message.
    mutating func receive(_ text: String) -> ClientAction {
        let bytes = text.bytes
        return receive(bytes.span)
    }
}

extension LegacyServerMachine {
    /// Feeds one text message.
    mutating func receive(_ text: String) -> ServerAction {
        let bytes = text.bytes
        return receive(bytes.span)
    }

    /// The texts that all follow-ups send; any other follow-up spoils the comparison.
    mutating func sendings() -> [String] {
        var texts: [String] = []
        while let next = followUp() {
            if case .send(let bytes) = next { texts.append(bytes.text) } else { texts.append("\(next)") }
        }
        return texts
    }
}
