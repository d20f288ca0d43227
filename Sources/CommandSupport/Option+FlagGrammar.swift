package import ArgumentParser

extension Option {
    /// A flag with a default, which is the property's and is named in the help.
    package init(
        wrappedValue: Value,
        name: NameSpecification = .long,
        help: ArgumentHelp,
        as grammar: FlagGrammar<Value>
    ) {
        self.init(
            wrappedValue: wrappedValue,
            name: name,
            help: help.naming(grammar.range, default: grammar.write(wrappedValue)),
            transform: grammar.read
        )
    }

    /// An optional flag.
    package init<Wrapped>(
        name: NameSpecification = .long,
        help: ArgumentHelp,
        as grammar: FlagGrammar<Wrapped>
    ) where Value == Wrapped? {
        self.init(name: name, help: help.naming(grammar.range, default: nil), transform: grammar.read)
    }

    /// An optional flag whose help names a default that the program applies itself.
    package init<Wrapped>(
        name: NameSpecification = .long,
        help: ArgumentHelp,
        as grammar: FlagGrammar<Wrapped>,
        otherwise standard: Wrapped
    ) where Value == Wrapped? {
        self.init(
            name: name,
            help: help.naming(grammar.range, default: grammar.write(standard)),
            transform: grammar.read
        )
    }

    /// A flag that may be repeated; given values replace the default.
    package init<Element>(
        wrappedValue: Value,
        name: NameSpecification = .long,
        help: ArgumentHelp,
        as grammar: FlagGrammar<Element>
    ) where Value == [Element] {
        let standard = wrappedValue.map(grammar.write).joined(separator: ", ")
        self.init(
            wrappedValue: wrappedValue,
            name: name,
            help: help.naming(grammar.range, default: standard.isEmpty ? nil : standard),
            transform: grammar.read
        )
    }
}

extension ArgumentHelp {
    /// Adds the range and the default in parentheses, in the style of ArgumentParser.
    fileprivate func naming(_ range: String?, default standard: String?) -> ArgumentHelp {
        let notes = [range, standard.map { "default: \($0)" }].compactMap(\.self)
        guard !notes.isEmpty else { return self }
        var help = self
        help.abstract += " (\(notes.joined(separator: "; ")))"
        return help
    }
}
