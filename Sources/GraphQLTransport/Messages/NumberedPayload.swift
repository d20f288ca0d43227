/// What a relay's `extensions.relay` says of one payload.
package struct NumberedPayload: Equatable {
    /// The number of the event, or of the last one before what follows, for a payload that is no event.
    package let token: ResumeToken
    /// Why events may be missing before what follows; nil when the payload tells of no gap.
    package let gap: String?
    /// The number of the newest event, when the next ones happened before the subscription.
    package let newest: UInt64?
    /// Whether events may be missing after the token's, though nobody who begins there misses them.
    package let hasGapBefore: Bool
    /// Whether it has a result; what has none may be no event.
    package let hasResult: Bool
    /// What of its bytes isn't the server's.
    private let addition: Range<Int>

    /// Reads a payload; nil when it has no token that can be understood.
    package init?(_ payload: Span<UInt8>) {
        guard let message = try? MessageScanner.scanPayload(payload, maximumDepth: JSONScanner.depthLimit),
            message.extensions.kind == .object
        else { return nil }
        let relay = JSONScanner.member("relay", of: message.extensions.range, in: payload)
        guard relay.kind == .object,
            let token = Self.token("token", of: relay.range, in: payload),
            let addition = ResultExtension.cut("relay", from: message, of: payload)
        else { return nil }
        self.addition = addition
        self.token = token
        let gap = JSONScanner.member("gap", of: relay.range, in: payload)
        if gap.kind == .object {
            let reason = JSONScanner.member("reason", of: gap.range, in: payload)
            self.gap =
                JSONString.decode(reason, in: payload).map { String($0.prefix(Self.longestReason)) } ?? "no reason"
        } else {
            self.gap = nil
        }
        newest = Self.token("newest", of: relay.range, in: payload).flatMap {
            $0.epoch == token.epoch ? $0.sequence : nil
        }
        let gapBefore = JSONScanner.member("gapBefore", of: relay.range, in: payload)
        hasGapBefore = gapBefore.kind == .boolean && payload[gapBefore.range.lowerBound] == UInt8(ascii: "t")
        hasResult = !message.data.isAbsentOrNull || !message.errors.isAbsentOrNull
    }

    /// The payload that was read, as the server sent it: without what the relay put in.
    package func result(in payload: Span<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(payload.count - addition.count)
        bytes.append(payload, in: 0..<addition.lowerBound)
        bytes.append(payload, in: addition.upperBound..<payload.count)
        return bytes
    }

    /// What is kept of a reason, in characters.
    private static let longestReason = 500

    private static func token(_ name: StaticString, of relay: Range<Int>, in payload: Span<UInt8>) -> ResumeToken? {
        let text = JSONString.decode(JSONScanner.member(name, of: relay, in: payload), in: payload)
        guard let token = text.flatMap({ ResumeToken($0) }), token.sequence <= greatestNumber,
            token.epoch.utf8.allSatisfy({ (0x20..<0x7F).contains($0) })
        else { return nil }
        return token
    }

    /// What is taken for a number: adding to it can't overflow.
    private static let greatestNumber = UInt64(Int64.max)
}
