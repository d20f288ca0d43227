/// Something that reads bytes of any origin, and what must hold whatever they are.
struct FuzzTarget: Sendable {
    /// Names its corpus, too.
    let name: String
    /// Words of its language, which mutations put in.
    var words: [String] = []
    /// Reads one input; what it gives is equal for inputs that went the same way.
    let run: @Sendable ([UInt8]) throws(Violation) -> UInt64

    /// All that reads what strangers send.
    static let all: [FuzzTarget] = [
        head, frames, json, errors, sketches, documents, transportServer, legacyServer, transportClient, legacyClient,
        joining, numbered, tokens, claims, keySets, tokenFiles, proxyHeader, forwarded, hookAnswers,
        records, demand,
    ]

    /// The target of a name.
    static func named(_ name: String) -> FuzzTarget? { all.first { $0.name == name } }
}

/// What must hold doesn't.
struct Violation: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// Throws unless a condition holds.
func require(_ condition: Bool, _ rule: @autoclosure () -> String) throws(Violation) {
    if !condition { throw Violation(rule()) }
}
