/// The first difference between a client's operation and an offered one, as a message for the client.
///
/// It names what the client sent. Of the offered operation it names fields, punctuation and variables, but no values:
/// no literal of the document, and no value of a variable.
package struct OperationDifference: Hashable, CustomStringConvertible {
    /// The place of the difference.
    package enum Place: Hashable, Sendable {
        /// In the document, at a token of the client's; nil at its end.
        case document(line: Int, column: Int, token: String?)
        /// In the selected operation; the documents are equal.
        case operationName
        /// A variable that only the client's operation has.
        case unknownVariable(String)
        /// A variable that only the offered operation has.
        case missingVariable(String)
        /// A variable with different values.
        case variable(String)
    }

    /// The place of the difference.
    package let place: Place

    /// What the offered document has there, if the client may know it: a field, a name or punctuation outside of
    /// arguments.
    package let offered: String?

    /// The first difference between two operations; nil when there is none.
    ///
    /// - Parameters:
    ///   - source: The client's document as written, to which line and column refer.
    ///   - client: The outline of the client's operation.
    ///   - offered: The outline of the offered operation.
    package init?(of source: [UInt8], _ client: OperationOutline, from offered: OperationOutline) {
        let count = Swift.min(client.tokens.count, offered.tokens.count)
        let index = (0..<count).first { !client.isEqual($0, to: offered, $0) } ?? count
        if index < client.tokens.count || index < offered.tokens.count {
            self.init(Self.place(of: index, in: source), offered: Self.tellable(index, of: offered))
        } else if client.operationName != offered.operationName {
            self.init(.operationName)
        } else if let difference = client.variables.firstDifference(from: offered.variables) {
            self = difference
        } else {
            return nil
        }
    }

    /// A difference in a variable; its name is given as JSON.
    init(_ place: (String) -> Place, _ name: [UInt8]) { self.init(place(Self.clip(name[...]))) }

    private init(_ place: Place, offered: String? = nil) {
        self.place = place
        self.offered = offered
    }

    private static func place(of index: Int, in source: [UInt8]) -> Place {
        var lexer = DocumentLexer(source)
        var token: DocumentToken?
        // Each token of the canonical document corresponds to one of the source.
        for _ in 0...index { token = try? lexer.next() }
        let (line, column) = DocumentError.position(of: token?.range.lowerBound ?? source.count, in: source)
        return .document(line: line, column: column, token: token.map { clip(source[$0.range]) })
    }

    /// A token of the offered operation, unless it is within arguments, which contain values.
    private static func tellable(_ index: Int, of offered: OperationOutline) -> String? {
        guard index < offered.tokens.count else { return nil }
        var depth = 0
        for token in offered.tokens[..<index] {
            switch token.kind {
            case .punctuator(UInt8(ascii: "(")): depth += 1
            case .punctuator(UInt8(ascii: ")")): depth -= 1
            case .punctuator, .name, .int, .float, .string, .blockString: break
            }
        }
        switch offered.tokens[index].kind {
        case .punctuator where depth == 0, .name where depth == 0: return clip(offered.text(index))
        case .punctuator, .name, .int, .float, .string, .blockString: return nil
        }
    }

    /// Shortens a text of any origin for a message.
    private static func clip(_ bytes: ArraySlice<UInt8>) -> String {
        let text = String(decoding: bytes, as: UTF8.self)
        let start = text.unicodeScalars.prefix(60)
        guard start.endIndex < text.endIndex else { return text }
        let quote = ["\"\"\"", "\""].first(where: text.hasPrefix) ?? ""
        return String(start) + "…" + quote
    }

    package var description: String {
        switch place {
        case .document(let line, let column, let token):
            let what = token.map { "`\($0)` stands" } ?? "the document ends"
            let there = offered.map { ", where the topic has `\($0)`" } ?? ", which isn't so in the topic's document"
            return "at line \(line), column \(column) \(what)\(there)"
        case .operationName: return "operationName selects another operation of the same document"
        case .unknownVariable(let name): return "the variable \(name) isn't one of the topic's"
        case .missingVariable(let name): return "the variable \(name) is missing"
        case .variable(let name): return "the variable \(name) has another value"
        }
    }
}
