/// The members named `relay`, by which a client and a relay agree on numbered events; other servers ignore them.
///
/// A client asks for tokens in `connection_init`, and the relay confirms it in `connection_ack`. Then each payload has
/// a token in its `extensions`, and each `subscribe` may say after which one it begins.
package enum RelayMembers {
    /// `{"relay":{"tokens":true}}`: what asks for tokens, and what confirms it.
    package static let tokens = Array(#"{"relay":{"tokens":true}}"#.utf8)

    /// True when the payload of `connection_init` or `connection_ack` has `{"relay":{"tokens":true}}`.
    ///
    /// Any other value asks for nothing, and confirms nothing.
    package static func hasTokens(_ payload: Range<Int>?, in message: Span<UInt8>) -> Bool {
        let tokens = member("tokens", of: payload, in: message)
        return tokens.kind == .boolean && message[tokens.range.lowerBound] == UInt8(ascii: "t")
    }

    /// A payload of `connection_init` that asks for tokens beside what it says already; one with a `relay` of its own
    /// stays as it is.
    package static func asking(in payload: [UInt8]?) -> [UInt8] {
        setting(Array(#"{"tokens":true}"#.utf8), in: payload)
    }

    /// Extensions of a request that have it begin after a token, or with the last events; those with a `relay` of their
    /// own stay as they are.
    package static func beginning(_ start: SubscriptionStart, in extensions: [UInt8]?) -> [UInt8]? {
        switch start {
        case .usual: extensions
        case .last(let count): setting(Array(#"{"last":\#(count)}"#.utf8), in: extensions)
        case .after(let token):
            setting(
                Array(#"{"after":"#.utf8) + JSONString.encode(token.description) + [UInt8(ascii: "}")],
                in: extensions
            )
        }
    }

    /// A member of the member `relay` of an object; absent if there is none.
    package static func member(
        _ name: StaticString,
        of object: Range<Int>?,
        in message: Span<UInt8>
    ) -> JSONToken {
        guard let object else { return .absent }
        let relay = JSONScanner.member("relay", of: object, in: message)
        return relay.kind == .object ? JSONScanner.member(name, of: relay.range, in: message) : .absent
    }

    private static func setting(_ value: [UInt8], in object: [UInt8]?) -> [UInt8] {
        let object = object ?? Array("{}".utf8)
        guard let place = try? JSONScanner.scanObject(object.span, maximumDepth: JSONScanner.depthLimit).range,
            JSONScanner.member("relay", of: place, in: object.span).kind == .absent
        else { return object }
        var output: [UInt8] = []
        ResultExtension.append(object.span, adding: "relay", value, to: place, into: &output)
        return output
    }
}

/// Where a subscription begins at a relay that numbers its events.
package enum SubscriptionStart: Sendable, Equatable {
    /// Where the topic says.
    case usual
    /// With the last events, this many if they are held.
    case last(Int)
    /// After the event that was seen last.
    case after(ResumeToken)
}
