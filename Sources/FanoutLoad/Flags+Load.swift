import ArgumentParser
import CommandSupport

/// The grammars of the tool's own flags, and transforms for flags without a default.
extension Flags {
    /// The longest duration any flag allows.
    static let longest = Duration.seconds(600)

    /// A duration from `shortest` to ten minutes.
    static func duration(from shortest: Duration) -> FlagGrammar<Duration> { duration(shortest...longest) }

    /// A duration of a run, or of one of its stages.
    static let stageDuration = duration(.milliseconds(100) ... .seconds(86_400))

    /// The name of a JSON member, which must not need escapes.
    static let sequenceKey = FlagGrammar<String>(
        read: { text in
            let isPlain = text.utf8.allSatisfy { $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
            guard isPlain, (1...100).contains(text.utf8.count) else {
                throw ValidationError("allowed: a member's name of 1 to 100 bytes without quotes, or none")
            }
            return text
        },
        write: \.self
    )

    /// Reads a requirement on a run.
    static func requirement(_ text: String) throws -> Requirement {
        do throws(Requirement.Mistake) {
            return try Requirement(text)
        } catch {
            throw ValidationError(error.description)
        }
    }

    /// Reads a requirement on a comparison.
    static func bar(_ text: String) throws -> Bar {
        do throws(Requirement.Mistake) {
            return try Bar(text)
        } catch {
            throw ValidationError(error.description)
        }
    }

    /// Reads a JSON object, of which only the braces are checked.
    static func jsonObject(_ text: String) throws -> String {
        guard text.first == "{", text.last == "}" else { throw ValidationError("allowed: a JSON object") }
        return text
    }
}
