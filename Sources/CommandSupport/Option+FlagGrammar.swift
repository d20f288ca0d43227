package import ArgumentParser

extension Option {
    /// A flag with a default, which the help names as the property has it.
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

    /// A flag that may be left out.
    package init<Wrapped>(
        name: NameSpecification = .long,
        help: ArgumentHelp,
        as grammar: FlagGrammar<Wrapped>
    ) where Value == Wrapped? {
        self.init(name: name, help: help.naming(grammar.range, default: nil), transform: grammar.read)
    }

    /// A flag that may be left out, with a default that is no value of it but follows from it: one of something else.
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

    /// A flag that may be repeated; what is given takes the place of the default.
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
    /// With what may be given, and the default, in brackets at its end, as ArgumentParser writes them of words.
    fileprivate func naming(_ range: String?, default standard: String?) -> ArgumentHelp {
        let notes = [range, standard.map { "default: \($0)" }].compactMap(\.self)
        guard !notes.isEmpty else { return self }
        var help = self
        help.abstract += " (\(notes.joined(separator: "; ")))"
        return help
    }
}
