internal import ArgumentParser
internal import Backoffs

/// The grammars of flags.
package enum Flags {
    /// A duration in a range.
    package static func duration(_ range: ClosedRange<Duration>) -> FlagGrammar<Duration> {
        let allowed = "\(range.lowerBound.canonicalText) to \(range.upperBound.canonicalText)"
        return FlagGrammar(
            read: { text in
                guard let value = try? Duration(parsing: text) else {
                    if text.isNumber {
                        throw ValidationError(
                            "a unit is missing, as in \(text)ms, \(text)s or \(text)m; allowed: \(allowed)"
                        )
                    }
                    throw ValidationError("allowed: \(allowed), written as 500ms, 10s or 5m")
                }
                guard range.contains(value) else { throw ValidationError("allowed: \(allowed)") }
                return value
            },
            write: \.canonicalText,
            range: allowed
        )
    }

    /// A whole number in a range.
    package static func integer(_ range: ClosedRange<Int>) -> FlagGrammar<Int> {
        let allowed = "\(range.lowerBound) to \(range.upperBound)"
        return FlagGrammar(
            read: { text in
                guard let value = Int(text), range.contains(value) else { throw ValidationError("allowed: \(allowed)") }
                return value
            },
            write: { "\($0)" },
            range: allowed
        )
    }

    /// A number of bytes in a range, with an optional unit of KiB or MiB.
    package static func bytes(_ range: ClosedRange<Int>) -> FlagGrammar<Int> {
        FlagGrammar(
            read: { text in
                for (unit, size) in byteUnits where text.hasSuffix(unit) {
                    guard let count = Int(text.dropLast(unit.count)), count >= 0, count <= range.upperBound / size,
                        range.contains(count * size)
                    else { break }
                    return count * size
                }
                if let unit = meantUnit(of: text) {
                    throw ValidationError(
                        "the unit is \(unit), as in \(text.prefix { $0.isNumber })\(unit); allowed: "
                            + "\(Self.text(ofBytes: range.lowerBound)) to \(Self.text(ofBytes: range.upperBound))"
                    )
                }
                throw ValidationError(
                    "allowed: \(range.lowerBound) to \(range.upperBound) bytes, or with a unit such as 64KiB or 4MiB"
                )
            },
            write: text(ofBytes:),
            range: "\(text(ofBytes: range.lowerBound)) to \(text(ofBytes: range.upperBound))"
        )
    }

    /// A value with a grammar of its own.
    package static func value<Value: FlagValue>(_ type: Value.Type) -> FlagGrammar<Value> {
        FlagGrammar(
            read: { text in
                guard let value = Value(text) else { throw ValidationError("allowed: \(Value.allowed)") }
                return value
            },
            write: { "\($0)" }
        )
    }

    /// One of a few words.
    package static func word<Word: RawRepresentable<String> & CaseIterable & Sendable>(
        _ type: Word.Type
    ) -> FlagGrammar<Word> {
        let allowed = Word.allCases.map(\.rawValue).joined(separator: ", ")
        return FlagGrammar(
            read: { text in
                guard let word = Word(rawValue: text) else { throw ValidationError("allowed: \(allowed)") }
                return word
            },
            write: \.rawValue,
            range: "values: \(allowed)"
        )
    }

    /// A number of bytes in a flag's grammar, in the largest unit without a fraction.
    package static func text(ofBytes count: Int) -> String {
        let (unit, size) = byteUnits.first { count > 0 && count.isMultiple(of: $0.size) } ?? ("", 1)
        return "\(count / size)\(unit)"
    }

    /// The unit that somebody meant who wrote another one behind a whole number, such as `4MB` or `4m`.
    private static func meantUnit(of text: String) -> String? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard !digits.isEmpty else { return nil }
        switch text.dropFirst(digits.count) {
        // These are right, so that the number is wrong.
        case "KiB", "MiB": return nil
        case let unit where ["k", "kb", "kib"].contains(unit.lowercased()): return "KiB"
        case let unit where ["m", "mb", "mib"].contains(unit.lowercased()): return "MiB"
        default: return nil
        }
    }

    private static let byteUnits: [(unit: String, size: Int)] = [
        ("MiB", 1 << 20), ("KiB", 1 << 10), ("", 1),
    ]
}

extension String {
    /// Whether it is a decimal number without a sign and a unit.
    fileprivate var isNumber: Bool {
        let parts = split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        return parts.allSatisfy { part in !part.isEmpty && part.utf8.allSatisfy { (0x30...0x39).contains($0) } }
    }
}
