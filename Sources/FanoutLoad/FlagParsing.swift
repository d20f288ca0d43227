import ArgumentParser

/// The transforms of the flags: text to value, or an error that says what is allowed.
enum FlagParsing {
    /// Turns a parser that answers nil into a flag's transform; the type says what is allowed.
    static func value<Value: FlagValue>(
        _ parse: @escaping @Sendable (String) -> Value?
    ) -> @Sendable (String) throws -> Value {
        let allowed = Value.allowed
        return { text in
            guard let value = parse(text) else { throw ValidationError("allowed: \(allowed)") }
            return value
        }
    }

    /// A flag's transform for an integer in a range.
    static func integer(in range: ClosedRange<Int>) -> @Sendable (String) throws -> Int {
        { text in
            guard let value = Int(text), range.contains(value) else {
                throw ValidationError("allowed: an integer from \(range.lowerBound) to \(range.upperBound)")
            }
            return value
        }
    }

    /// A flag's transform for a duration from `shortest` to ten minutes.
    static func duration(from shortest: Duration) -> @Sendable (String) throws -> DurationText {
        { text in
            guard let value = DurationText(text), (shortest...DurationText.longest).contains(value.value) else {
                throw ValidationError("allowed: \(DurationText(shortest)) to \(DurationText(DurationText.longest))")
            }
            return value
        }
    }

    /// A flag's transform for the name of a JSON member that needs no escapes.
    static func sequenceKey(_ text: String) throws -> String {
        let isPlain = text.utf8.allSatisfy { $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
        guard isPlain, (1...100).contains(text.utf8.count) else {
            throw ValidationError("allowed: a member's name of 1 to 100 bytes without quotes, or none")
        }
        return text
    }

    /// A flag's transform for what a figure must be.
    static func requirement(_ text: String) throws -> Requirement {
        do throws(Requirement.Mistake) {
            return try Requirement(text)
        } catch {
            throw ValidationError(error.description)
        }
    }

    /// A flag's transform for what a comparison must come to.
    static func bar(_ text: String) throws -> Bar {
        do throws(Requirement.Mistake) {
            return try Bar(text)
        } catch {
            throw ValidationError(error.description)
        }
    }

    /// A flag's transform for a JSON object, of which only the braces are checked.
    static func jsonObject(_ text: String) throws -> String {
        guard text.first == "{", text.last == "}" else { throw ValidationError("allowed: a JSON object") }
        return text
    }

    /// A flag's transform for a header line.
    static func header(_ text: String) throws -> String {
        let name = text.prefix { $0 != ":" }
        let isToken = !name.isEmpty && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        guard isToken, name.count < text.count, text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw ValidationError("allowed: 'Name: value' on one line")
        }
        return text
    }
}
