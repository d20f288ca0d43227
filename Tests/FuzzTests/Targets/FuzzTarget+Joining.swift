import Fanout

@testable import FanoutRelay
@testable import GraphQLTransport

extension FuzzTarget {
    /// Where a client asks to go on from: `after` and `last` of a URL, `Last-Event-ID`, and `extensions.relay`.
    ///
    /// The first line is `after`, the second `last`, the rest the extensions.
    static let joining = FuzzTarget(
        name: "joining",
        words: [
            "abc:1", ":", "\n", "18446744073709551615", "18446744073709551616", "-1", "+1", "0", "100000", "100001",
            "1e3",
            "{\"relay\":{\"after\":\"a:1\"}}", "{\"relay\":{\"last\":5}}", "\"last\":1e2", "\u{301}", "%3A",
        ]
    ) { input throws(Violation) in
        var way = Way()
        let lines = input.split(separator: UInt8(ascii: "\n"), maxSplits: 2, omittingEmptySubsequences: false)
        let texts = lines.prefix(2).map { String(decoding: $0, as: UTF8.self) }
        for text in texts {
            guard let token = ResumeToken(text) else { continue }
            way.pass(1)
            try require(text.utf8.count <= 100, "a long token is taken")
            // What the relay hands out is what it takes.
            let written = "\(token.epoch):\(token.sequence)"
            try require(ResumeToken(written) == token, "a token isn't what it was")
        }
        let after = texts.first.flatMap { $0.isEmpty ? nil : $0 }
        try judge(&way) { () throws(StartPositionError) in
            try StartPosition(after: after, last: texts.count > 1 && !texts[1].isEmpty ? texts[1] : nil)
        }
        guard lines.count > 2 else { return way.value }
        let extensions = Array(lines[2])
        guard let object = try? JSONScanner.scanObject(extensions.span) else { return way.value }
        try judge(&way) { () throws(StartPositionError) in
            try RelayExtension.startPosition(extensions)
        }
        way.pass(RelayMembers.hasTokens(object.range, in: extensions.span) ? 2 : 3)
        return way.value
    }

    private static func judge(_ way: inout Way, _ read: () throws(StartPositionError) -> StartPosition)
        throws(Violation)
    {
        let joining: StartPosition
        do throws(StartPositionError) {
            joining = try read()
        } catch {
            return way.pass(error == .after ? 4 : 5)
        }
        way.pass(kindOf: joining)
        if case .last(let count) = joining {
            try require((1...StartPosition.maximumCount).contains(count), "a count is out of its range")
        }
    }
}
