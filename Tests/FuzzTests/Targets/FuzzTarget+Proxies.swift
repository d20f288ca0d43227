@testable import Wire

extension FuzzTarget {
    /// A PROXY header is the same however it comes, takes what belongs to it, and is complete with its last byte only.
    static let proxyHeader = FuzzTarget(
        name: "proxy-header",
        words: [
            "PROXY ", "TCP4 ", "TCP6 ", "UNKNOWN", "192.0.2.1 ", "2001:db8::1 ", "::ffff:1.2.3.4 ", "65535", "0",
            "\r\n",
            "\r\n\r\n\u{0}\r\nQUIT\n", "\u{21}\u{11}\u{0}\u{C}", "\u{20}\u{0}\u{0}\u{0}", "\u{21}\u{21}\u{0}\u{24}",
        ]
    ) { input throws(Violation) in
        var way = Way()
        let whole = Result { () throws(ProxyHeaderError) in try ProxyHeader(input.span) }
        way.pass(kindOf: whole)
        guard case .success(let header?) = whole else { return way.value }
        way.pass(kindOf: header.client)
        try require(header.size <= min(input.count, ProxyHeader.maximumSize), "a header is longer than it may be")
        for count in [header.size - 1, header.size / 2, 1] where count < header.size {
            let part = Result { () throws(ProxyHeaderError) in try ProxyHeader(input.span.extracting(0..<count)) }
            try require(part == .success(nil), "the first \(count) bytes are a header, or none")
        }
        let exact = Result { () throws(ProxyHeaderError) in try ProxyHeader(input.span.extracting(0..<header.size)) }
        try require(exact == whole, "what follows changes the header")
        if let client = header.client {
            try require(IPAddress(client.description) == client, "an address is written as another")
        }
        return way.value
    }
}
