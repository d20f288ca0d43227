/// The request fields that a server of ours uses; all other names are ignored.
package enum FieldName: UInt8, CaseIterable, Sendable {
    case host, origin, connection, upgrade
    case webSocketKey, webSocketVersion, webSocketProtocol, webSocketExtensions
    case contentLength, contentType, transferEncoding, expect
    case accept, lastEventID, authorization, cookie
    case fetchSite, fetchMode, fetchDestination
    case forwarded, forwardedFor, forwardedHost, forwardedProtocol

    /// Its usual spelling.
    package var spelling: StaticString {
        switch self {
        case .host: "Host"
        case .origin: "Origin"
        case .connection: "Connection"
        case .upgrade: "Upgrade"
        case .webSocketKey: "Sec-WebSocket-Key"
        case .webSocketVersion: "Sec-WebSocket-Version"
        case .webSocketProtocol: "Sec-WebSocket-Protocol"
        case .webSocketExtensions: "Sec-WebSocket-Extensions"
        case .contentLength: "Content-Length"
        case .contentType: "Content-Type"
        case .transferEncoding: "Transfer-Encoding"
        case .expect: "Expect"
        case .accept: "Accept"
        case .lastEventID: "Last-Event-ID"
        case .authorization: "Authorization"
        case .cookie: "Cookie"
        case .fetchSite: "Sec-Fetch-Site"
        case .fetchMode: "Sec-Fetch-Mode"
        case .fetchDestination: "Sec-Fetch-Dest"
        case .forwarded: "Forwarded"
        case .forwardedFor: "X-Forwarded-For"
        case .forwardedHost: "X-Forwarded-Host"
        case .forwardedProtocol: "X-Forwarded-Proto"
        }
    }

    /// Whether several fields of this name form a list (RFC 9110, section 5.3); otherwise only one is allowed.
    package var separator: StaticString? {
        switch self {
        case .connection, .upgrade, .webSocketProtocol, .webSocketExtensions, .transferEncoding, .expect, .accept,
            .forwarded, .forwardedFor, .forwardedHost, .forwardedProtocol:
            ", "
        case .cookie:
            "; "
        case .host, .origin, .webSocketKey, .webSocketVersion, .contentLength, .contentType, .lastEventID,
            .authorization, .fetchSite, .fetchMode, .fetchDestination:
            nil
        }
    }

    /// The names of each length, in lower case.
    private static let byLength: [[(name: FieldName, letters: [UInt8])]] = {
        var table: [[(name: FieldName, letters: [UInt8])]] = []
        for name in allCases {
            let letters = Array("\(name.spelling)".lowercased().utf8)
            while table.count <= letters.count { table.append([]) }
            table[letters.count].append((name, letters))
        }
        return table
    }()

    /// The field name that a part of `bytes` spells, in any case; nil for any other name.
    package static func find(_ range: Range<Int>, in bytes: Span<UInt8>) -> FieldName? {
        guard range.count < byLength.count else { return nil }
        for candidate in byLength[range.count]
        where candidate.letters.indices.allSatisfy({ bytes[range.lowerBound + $0].lowercased == candidate.letters[$0] })
        {
            return candidate.name
        }
        return nil
    }
}
