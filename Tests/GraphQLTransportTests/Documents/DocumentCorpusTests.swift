import Glibc
import TestSupport
import Testing

@testable import GraphQLTransport

/// Documents with the verdicts of graphql-core 3.3: written ones, and mutations of them.
///
/// A line of the fixture has the verdict, the place of a syntax error, the rules that are broken with their places, and
/// the document as a JSON string, with tabs between them.
@Suite struct DocumentCorpusTests {
    private struct Line {
        let verdict: String
        let place: String
        let rules: [String]
        let text: String

        /// Whether there may be a selection set without a selection, which it takes.
        var hasEmptySelection: Bool {
            var isOpen = false
            for character in text.unicodeScalars {
                if character == "}", isOpen { return true }
                isOpen = character == "{" || isOpen && " ,\n\u{FEFF}#c".unicodeScalars.contains(character)
            }
            return false
        }
    }

    /// Its parser refuses more digits in `\u{…}` than it expects; the specification allows any number of them.
    private static let manyDigits = [
        #"{ a(s: "\u{00000000000000041}") }"#, #"{ aa(s: "\u{00000000000000041}") }"#,
    ]

    @Test func `verdicts agree with graphql-core, but for empty selections and digits of an escape`() throws {
        let lines = try Self.lines()
        #expect(lines.count == 8797)
        for line in lines {
            let document: Document
            do throws(DocumentError) {
                document = try Document(parsing: line.text)
            } catch {
                #expect(Self.agrees(error, with: line), "\(line.text): \(error), not \(line)")
                continue
            }
            guard !Self.manyDigits.contains(line.text) else { continue }
            #expect(line.verdict == "ok" && line.rules.isEmpty, "\(line)")
            #expect(try Document(parsing: document.canonicalText) == document, "\(line.text)")
            // What is told of a difference rests on one token for each token.
            let outline = try OperationOutline(document: document, operation: document.operations[0])
            #expect(OperationDifference(of: line.text.bytes, outline, from: outline) == nil)
        }
    }

    @Test func `the grammar alone takes what breaks rules on fragments, variables and subscriptions`() throws {
        let inLists = ["duplicateFragment", "duplicateVariable", "duplicateArgument", "duplicateInputField"]
        for line in try Self.lines() where line.verdict == "ok" {
            let isTaken = (try? Document(parsing: line.text, validates: false)) != nil
            let breaksList = line.rules.contains { rule in inLists.contains { rule.hasPrefix($0) } }
            #expect(isTaken == !breaksList, "\(line)")
        }
    }

    private static func agrees(_ error: DocumentError, with line: Line) -> Bool {
        let place = "\(error.line):\(error.column)"
        switch line.verdict {
        case "ok":
            let rule = rule(of: error.reason)
            // Of a cycle it tells the dots of a spread, not the name.
            if rule == "cyclicFragment" { return line.rules.contains { $0.hasPrefix("\(rule)@") } }
            return line.rules.contains("\(rule)@\(place)")
        // It takes empty selections, which both editions refuse.
        case "empty": return error.reason == .unexpectedToken("}")
        case "syntax":
            // The place of an error within a token may be the token's beginning.
            switch error.reason {
            case .unexpectedToken("}") where line.hasEmptySelection: return true
            case .unexpectedToken, .unexpectedEnd: return line.place.isEmpty || line.place == place
            default: return true
            }
        default: return true
        }
    }

    /// The case's name, without what is with it.
    private static func rule(of reason: DocumentError.Reason) -> Substring {
        "\(reason)".prefix { $0 != "(" }
    }

    private static func lines() throws -> [Line] {
        let folder = #filePath.dropLast("Documents/DocumentCorpusTests.swift".count)
        let file = unsafe try #require(fopen("\(folder)Fixtures/graphql-documents.tsv", "r"))
        defer { unsafe fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe fread(&chunk, 1, chunk.count, file)
            guard count > 0 else { break }
            bytes += chunk[..<count]
        }
        return try bytes.split(separator: UInt8(ascii: "\n")).map { line in
            let parts = line.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
            try #require(parts.count == 4)
            let words = parts.map { String(decoding: $0, as: UTF8.self) }
            let json = Array(parts[3])
            return Line(
                verdict: words[0],
                place: words[1],
                rules: words[2].split(separator: ",").map { String($0) },
                text: try #require(JSONString.decodeExactly(try JSONScanner.scan(json.span), in: json.span))
            )
        }
    }
}
