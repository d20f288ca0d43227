internal import Wire

/// The subprotocols that a client offers, as libwebsockets 4.1.6 reads them.
struct SubprotocolOffer {
    /// The most bytes of an offer; libwebsockets would silently truncate a longer one.
    private static let maximumSize = 126

    /// The offered names, in the client's order.
    let names: [String]
    private let text: String
    private let elements: [Substring]

    /// Reads a field's value; empty when the client offers none.
    init(_ text: String) {
        self.text = text
        // Most clients offer one.
        elements =
            text.isEmpty ? [] : text.utf8.contains(UInt8(ascii: ",")) ? text.listElements : [text[...].trimmingBlanks]
        names = elements.filter { !$0.isEmpty }.map(String.init)
    }

    /// The first name that is served: libwebsockets chooses it.
    func choice(of served: [String]) -> String? { names.first(where: served.contains) }

    /// Why the handshake has to be refused; nil when it hasn't.
    func refusal(serving served: [String]) -> String? {
        guard !text.isEmpty else { return nil }
        guard text.utf8.count <= Self.maximumSize else {
            return "the offered subprotocols take more than \(Self.maximumSize) bytes"
        }
        guard names.isEmpty || choice(of: served) != nil else {
            return "no offered subprotocol is served; served are: \(served.joined(separator: ", "))"
        }
        guard elements.prefix(while: { !served.contains(String($0)) }).allSatisfy(Self.isReadable) else {
            return "an offered subprotocol is empty, a number, no token or over 63 bytes"
        }
        return nil
    }

    /// Whether libwebsockets reads a subprotocol as a whole: it takes the beginning of one for a number if it can.
    private static func isReadable(_ subprotocol: Substring) -> Bool {
        let rest = subprotocol.utf8.drop { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        let isNumber = rest.count < subprotocol.utf8.count && (rest.isEmpty || rest.first == UInt8(ascii: "."))
        return (1..<64).contains(subprotocol.utf8.count) && !isNumber && subprotocol.utf8.allSatisfy(\.isToken)
    }
}

extension String {
    /// The elements of a field's list, without surrounding blanks; empty elements, which don't count, are included.
    ///
    /// It works on bytes: on characters it took a seventh of a shard's time for a handshake.
    var listElements: [Substring] {
        utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map { element in
            Substring(element).trimmingBlanks
        }
    }
}
