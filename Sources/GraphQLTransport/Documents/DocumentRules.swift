/// The rules of validation that need no schema and look at more than one definition (section 5 of the specification).
///
/// Documents are hostile: each rule takes time in proportion to the document, or to its size times its variables'
/// number divided by 64, however its fragments spread one another.
struct DocumentRules {
    private let definitions: [DocumentDefinition]
    private let fragmentNames: [String]
    private let variableNames: [String]
    private let lexer: DocumentLexer
    /// For each definition the definitions that it spreads, in the order of its `spreads`.
    private let spreads: [[Int]]
    /// The fragments, each behind those that it spreads.
    private var order: [Int] = []

    /// Checks what a parser has read.
    static func check(_ parser: DocumentParser) throws(DocumentError) {
        var rules = try DocumentRules(parser)
        try rules.sortFragments()
        try rules.checkThatFragmentsAreUsed()
        try rules.checkVariables()
        try rules.checkSubscriptions()
    }

    /// Finds the fragments that are spread, all of which must be there (5.5.2.1).
    private init(_ parser: DocumentParser) throws(DocumentError) {
        definitions = parser.definitions
        fragmentNames = parser.fragmentNames.names
        variableNames = parser.variableNames.names
        lexer = parser.lexer
        var fragments = [Int?](repeating: nil, count: fragmentNames.count)
        for (index, definition) in definitions.enumerated() {
            if let name = definition.fragment { fragments[name] = index }
        }
        var spreads: [[Int]] = []
        for definition in definitions {
            var targets: [Int] = []
            for spread in definition.spreads {
                guard let target = fragments[spread.name] else {
                    throw lexer.error(.unknownFragment(fragmentNames[spread.name]), at: spread.offset)
                }
                targets.append(target)
            }
            spreads.append(targets)
        }
        self.spreads = spreads
    }

    /// Sorts the fragments, none of which may contain itself (5.5.2.2).
    ///
    /// The search has a stack of its own, since a chain may be thousands of fragments long.
    private mutating func sortFragments() throws(DocumentError) {
        enum State { case new, open, done }
        var states = [State](repeating: .new, count: definitions.count)
        for start in definitions.indices where definitions[start].kind == nil && states[start] == .new {
            var path = [(definition: start, next: 0)]
            states[start] = .open
            while let (definition, next) = path.last {
                guard next < spreads[definition].count else {
                    states[definition] = .done
                    order.append(definition)
                    path.removeLast()
                    continue
                }
                path[path.count - 1].next += 1
                let target = spreads[definition][next]
                switch states[target] {
                case .new:
                    states[target] = .open
                    path.append((target, 0))
                case .open:
                    let spread = definitions[definition].spreads[next]
                    throw lexer.error(.cyclicFragment(fragmentNames[spread.name]), at: spread.offset)
                case .done: break
                }
            }
        }
    }

    /// Every fragment must be part of an operation (5.5.1.4).
    private func checkThatFragmentsAreUsed() throws(DocumentError) {
        var isUsed = definitions.map { $0.kind != nil }
        for (index, isOperation) in isUsed.enumerated() where isOperation {
            for target in spreads[index] { isUsed[target] = true }
        }
        for index in order.reversed() where isUsed[index] {
            for target in spreads[index] { isUsed[target] = true }
        }
        for (definition, isUsed) in zip(definitions, isUsed) where !isUsed {
            guard let name = definition.fragment else { continue }
            throw lexer.error(.unusedFragment(fragmentNames[name]), at: definition.offset)
        }
    }

    /// An operation must define the variables that it and its fragments use (5.8.3), and use those that it defines
    /// (5.8.4).
    private func checkVariables() throws(DocumentError) {
        guard !variableNames.isEmpty else { return }
        // For each definition one bit for each variable, set if it or a fragment in it uses the variable.
        let width = (variableNames.count + 63) / 64
        var used = [UInt64](repeating: 0, count: definitions.count * width)
        func gather(_ index: Int) {
            for use in definitions[index].uses { used[index * width + use.name / 64] |= 1 << UInt64(use.name % 64) }
            for target in spreads[index] {
                for word in 0..<width { used[index * width + word] |= used[target * width + word] }
            }
        }
        for index in order { gather(index) }
        for (index, definition) in definitions.enumerated() where definition.kind != nil {
            gather(index)
            var defined = [UInt64](repeating: 0, count: width)
            for variable in definition.variables {
                let bit: UInt64 = 1 << UInt64(variable.name % 64)
                guard used[index * width + variable.name / 64] & bit != 0 else {
                    throw lexer.error(.unusedVariable(variableNames[variable.name]), at: variable.offset)
                }
                defined[variable.name / 64] |= bit
            }
            for word in 0..<width {
                let missing = used[index * width + word] & ~defined[word]
                guard missing == 0 else { throw undefined(word * 64 + missing.trailingZeroBitCount, in: index) }
            }
        }
    }

    /// The error for a variable, at its first use in an operation or its fragments.
    private func undefined(_ name: Int, in operation: Int) -> DocumentError {
        var isSeen = [Bool](repeating: false, count: definitions.count)
        var rest = [operation]
        while let index = rest.popLast() {
            guard !isSeen[index] else { continue }
            isSeen[index] = true
            if let use = definitions[index].uses.first(where: { $0.name == name }) {
                return lexer.error(.undefinedVariable(variableNames[name]), at: use.offset)
            }
            rest += spreads[index].reversed()
        }
        return lexer.error(.undefinedVariable(variableNames[name]), at: definitions[operation].offset)
    }

    /// What counts of the fields at the top of a definition and of the fragments there.
    private struct Top {
        /// The first field's key in the result.
        var key: Range<Int>?
        /// The first field with another key.
        var other: Range<Int>?
        /// The first field that asks for the schema: where it stands, and its name.
        var introspection: (offset: Int, name: Range<Int>)?
        /// Where `@skip` or `@include` stands.
        var condition: Int?
    }

    /// A subscription has one field at its top, none of the schema's (5.2.3.1), and no condition on it
    /// (`CollectSubscriptionFields` of the edition of September 2025).
    private func checkSubscriptions() throws(DocumentError) {
        guard definitions.contains(where: { $0.kind == .subscription }) else { return }
        var fragments = [Int](repeating: 0, count: fragmentNames.count)
        var tops = [Top](repeating: Top(), count: definitions.count)
        for index in order {
            tops[index] = top(of: definitions[index]) { tops[fragments[$0]] }
            if let name = definitions[index].fragment { fragments[name] = index }
        }
        for definition in definitions where definition.kind == .subscription {
            let top = top(of: definition) { tops[fragments[$0]] }
            if let condition = top.condition { throw lexer.error(.conditionalRootField, at: condition) }
            if let other = top.other { throw lexer.error(.severalRootFields(text(other)), at: other.lowerBound) }
            if let field = top.introspection {
                throw lexer.error(.introspectionRootField(text(field.name)), at: field.offset)
            }
        }
    }

    private func top(of definition: DocumentDefinition, fragment: (Int) -> Top) -> Top {
        var top = Top(condition: definition.condition)
        func add(_ key: Range<Int>) {
            guard let first = top.key else { return top.key = key }
            if top.other == nil, lexer.bytes[first] != lexer.bytes[key] { top.other = key }
        }
        for root in definition.roots {
            switch root {
            case .field(let key, let name):
                add(key)
                let isIntrospection = lexer.bytes[name].starts(with: "__".utf8)
                if isIntrospection, top.introspection == nil { top.introspection = (key.lowerBound, name) }
            case .spread(let name):
                let inner = fragment(name)
                if let key = inner.key { add(key) }
                if let key = inner.other { add(key) }
                top.introspection = top.introspection ?? inner.introspection
                top.condition = top.condition ?? inner.condition
            }
        }
        return top
    }

    private func text(_ range: Range<Int>) -> String { String(decoding: lexer.bytes[range], as: UTF8.self) }
}
