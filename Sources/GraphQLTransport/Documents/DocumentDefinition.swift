/// What the rules that look at a whole document have to know of one operation or fragment.
struct DocumentDefinition {
    /// A name that stands for something defined elsewhere, and where it stands.
    struct Reference {
        /// The name's number in its table.
        let name: Int
        let offset: Int
    }

    /// What is selected at the top, in whatever inline fragments it stands.
    enum Root {
        /// A field, by the tokens of its key in the result and of its name.
        case field(key: Range<Int>, name: Range<Int>)
        /// A fragment, by the number of its name.
        case spread(Int)
    }

    /// The kind of an operation; nil for a fragment.
    let kind: Operation.Kind?
    /// The number of a fragment's name; nil for an operation.
    let fragment: Int?
    /// Where a fragment begins, an operation's name stands, or an operation without a name begins.
    let offset: Int
    /// The variables that it defines, none of them twice.
    var variables: [Reference] = []
    /// The variables in its arguments.
    var uses: [Reference] = []
    /// The fragments that it spreads, at any depth.
    var spreads: [Reference] = []
    /// What is at its top, in order.
    var roots: [Root] = []
    /// Where `@skip` or `@include` stands at its top first.
    var condition: Int?
}

/// Numbers for names, in the order in which they were met.
struct NameTable {
    private(set) var names: [String] = []
    private var numbers: [String: Int] = [:]

    /// The number of a name, a new one for a new name.
    mutating func number(of name: String) -> Int {
        // Few names, which are usual, are searched without hashing.
        let isShort = names.count <= 16
        if let number = isShort ? names.firstIndex(of: name) : numbers[name] { return number }
        names.append(name)
        if names.count == 17 {
            for (number, name) in names.enumerated() { numbers[name] = number }
        } else if names.count > 17 {
            numbers[name] = names.count - 1
        }
        return names.count - 1
    }
}

/// The names in one list, none of which may come twice.
struct UniqueNames {
    private var few: [Range<Int>] = []
    private var many: Set<String> = []

    /// Adds a token's name; false if it is there already.
    mutating func insert(_ token: Range<Int>, of bytes: [UInt8]) -> Bool {
        // Short lists, which are usual, are searched without hashing.
        if !many.isEmpty { return many.insert(Self.text(token, bytes)).inserted }
        guard !few.contains(where: { bytes[$0] == bytes[token] }) else { return false }
        few.append(token)
        if few.count > 16 { many = Set(few.map { Self.text($0, bytes) }) }
        return true
    }

    private static func text(_ token: Range<Int>, _ bytes: [UInt8]) -> String {
        String(decoding: bytes[token], as: UTF8.self)
    }
}
