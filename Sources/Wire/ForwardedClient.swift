/// Whom trusted proxies tell as the client of a request.
///
/// Each proxy appends the address from which the request came to it. So the end of the list can be believed: what the
/// nearest proxy has written, and what those before it have written for as long as these are trusted, too. What stands
/// in front of that may be the client's own invention.
package struct ForwardedClient: Equatable, Sendable {
    /// The most elements of a list that are looked at.
    static let maximumCount = 64
    /// How many bytes of a list are looked at, from its end: a client may send as many as it likes in front.
    static let maximumSize = 4096

    /// The last address that is known on the way to the client; nil when the nearest proxy tells none.
    package var address: IPAddress?
    /// Whether that address is the client's; otherwise it is a trusted proxy's, and who is before it isn't known.
    package var isClient = false
    /// The host that the client asked for, with a port or without one; nil when that isn't told.
    package var host: String?
    /// Whether it is told that the client speaks https.
    package var usesHTTPS = false

    /// Makes one.
    package init(
        _ address: IPAddress? = nil,
        isClient: Bool = false,
        host: String? = nil,
        usesHTTPS: Bool = false
    ) {
        self.address = address
        self.isClient = isClient
        self.host = host
        self.usesHTTPS = usesHTTPS
    }

    /// Whom a request's head tells that a trusted proxy has sent.
    package init(of head: RequestHead, by fields: ForwardedFields, trusting ranges: [AddressRange]) {
        self.init()
        switch fields {
        case .none: break
        case .forwarded:
            if let list = head.value(of: .forwarded) { walk(forwarded: list, ranges) }
        case .forwardedFor(let tellsHost, let tellsScheme):
            if let list = head.value(of: .forwardedFor) { walk(forwardedFor: list, ranges) }
            if tellsHost { host = head.value(of: .forwardedHost).flatMap(Self.last).flatMap(Self.authority) }
            if tellsScheme {
                usesHTTPS = head.value(of: .forwardedProtocol).flatMap(Self.last).map(Self.isHTTPS) == true
            }
        }
    }

    /// Walks the list of `X-Forwarded-For` from its end to the first address that isn't trusted.
    ///
    /// It also ends before what is no address, such as `unknown`: whoever that is, nobody can tell who was before.
    mutating func walk(forwardedFor list: String, _ trusted: [AddressRange]) {
        for element in ReversedElements(list, limit: Self.maximumSize).prefix(Self.maximumCount) {
            guard let node = IPAddress(forwardedNode: element) else { return }
            guard pass(node, trusted) else { return }
        }
    }

    /// Walks the list of `Forwarded` in the same way.
    ///
    /// Host and scheme are those of the element where it ends: of the client's request to the first trusted proxy.
    mutating func walk(forwarded list: String, _ trusted: [AddressRange]) {
        for element in ReversedElements(list, limit: Self.maximumSize).prefix(Self.maximumCount) {
            guard let element = ForwardedElement(element) else { return }
            host = element.host.flatMap(Self.authority)
            usesHTTPS = element.scheme.map(Self.isHTTPS) == true
            guard let node = element.client.flatMap({ IPAddress(forwardedNode: $0[...]) }) else { return }
            guard pass(node, trusted) else { return }
        }
    }

    /// Notes an address, and says whether what stands in front of it can be believed.
    private mutating func pass(_ node: IPAddress, _ trusted: [AddressRange]) -> Bool {
        address = node
        isClient = !trusted.contains { $0.contains(node) }
        return !isClient
    }

    /// The last element of a list, which the nearest proxy has written.
    private static func last(of list: String) -> [UInt8]? {
        var elements = ReversedElements(list, limit: maximumSize)
        return elements.next().map(Array.init)
    }

    /// A host that can stand in a head; nil for anything else.
    private static func authority(_ bytes: [UInt8]) -> String? {
        let text = String(decoding: bytes, as: UTF8.self)
        guard let host = AuthorityText.split(text)?.host, !host.isEmpty else { return nil }
        return text
    }

    private static func isHTTPS(_ bytes: [UInt8]) -> Bool {
        let scheme = bytes.map(\.lowercased)
        // Some proxies tell the scheme of a WebSocket's address.
        return scheme == Array("https".utf8) || scheme == Array("wss".utf8)
    }
}
