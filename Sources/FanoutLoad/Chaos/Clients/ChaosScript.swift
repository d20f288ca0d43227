/// What every client of a run asks for, and looks for.
struct ChaosScript {
    /// What a subscription says before its extensions.
    private let start: String
    /// Finds the upstream's number of an event.
    let number: NumberSearch

    /// - Parameter query: The document; without one the operation's name is that of a relay's topic.
    init(operationName: String?, query: String?, sequenceKey: String) {
        // The same id for all, so that their frames are equal.
        var start = #"{"id":"1","type":"subscribe","payload":{"query":"# + JSONText.quote(query ?? "")
        if let operationName { start += #","operationName":"# + JSONText.quote(operationName) }
        self.start = start
        number = NumberSearch(name: sequenceKey)
    }

    /// The subscription that goes on after a token; without one it begins now.
    func request(after token: [UInt8]) -> String {
        guard !token.isEmpty else { return start + "}}" }
        let text = String(decoding: token, as: UTF8.self)
        return start + #","extensions":{"relay":{"after":\#(JSONText.quote(text))}}}}"#
    }
}
