/// A node of a YAML document, with the line on which it begins.
struct YAMLNode: Equatable {
    indirect enum Value: Equatable {
        /// Text as it stands there; YAML 1.1 would make numbers, times and truths of some.
        case scalar(String)
        /// Nothing at all, as behind `key:`.
        case nothing
        case sequence([YAMLNode])
        case mapping([Member])
    }

    struct Member: Equatable {
        let key: String
        /// Where the key stands.
        let line: Int
        let value: YAMLNode
    }

    let value: Value
    let line: Int

    /// The text of a scalar.
    var text: String? { if case .scalar(let text) = value { text } else { nil } }
}

/// Text that is no YAML, or YAML that isn't taken here.
struct YAMLFault: Error, Equatable {
    let line: Int
    let reason: String
}
