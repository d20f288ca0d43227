internal import ArgumentParser
import CommandSupport

/// Tokens of a file that the connections show, each its own.
struct TokenList: Equatable {
    static let allowed = "a file of at most 256 MiB with a token in each line"
    private static let limit = 256 << 20

    private let tokens: [String]

    /// Reads a file; throws a `ValidationError` for one that can't be read or isn't allowed.
    init(path: String) throws {
        guard let list = SmallFile.bytes(path, limit: Self.limit).flatMap(Self.init) else {
            throw ValidationError("\(path); allowed: \(Self.allowed)")
        }
        self = list
    }

    /// Takes the lines of a file that aren't empty; nil without any, and when one can't be in a header.
    init?(_ bytes: [UInt8]) {
        tokens = bytes.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
        let areTokens = tokens.allSatisfy { token in token.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } }
        guard !tokens.isEmpty, areTokens else { return nil }
    }

    /// The header line of the connection with this index.
    func header(of index: Int) -> String { "Authorization: Bearer \(tokens[index % tokens.count])" }
}
