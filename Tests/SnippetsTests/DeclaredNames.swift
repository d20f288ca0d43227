/// The names that sources declare, as far as a look at each line shows them.
struct DeclaredNames {
    private static let keywords: Set<Substring> = [
        "actor", "class", "enum", "protocol", "struct", "typealias", "func", "let", "var", "case",
    ]

    private var names: Set<Substring> = []

    init(_ sources: [SourceText]) { self.init(sources.flatMap(\.lines)) }

    init(_ lines: [Substring]) {
        for line in lines {
            let words = line.split { !$0.isASCII || !($0.isLetter || $0.isNumber) }
            guard let keyword = words.firstIndex(where: Self.keywords.contains),
                !line.drop(while: \.isWhitespace).hasPrefix("//")
            else { continue }
            // A line may declare several cases.
            let end = words[keyword] == "case" ? words.endIndex : min(keyword + 2, words.endIndex)
            names.formUnion(words[(keyword + 1)..<end])
        }
    }

    /// Whether a name is declared, with or without the type that has it before a point; a flag counts as its property.
    ///
    /// What is no name of Swift's is passed.
    func has(_ name: String) -> Bool {
        if name.hasPrefix("--") {
            let words = name.dropFirst(2).split(separator: "-")
            return names.contains(
                Substring(words[0] + words.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined())
            )
        }
        let parts = name.split(separator: ".")
        guard parts.allSatisfy({ $0.allSatisfy { $0.isASCII && $0.isLetter } }) else { return true }
        return parts.allSatisfy(names.contains)
    }
}
