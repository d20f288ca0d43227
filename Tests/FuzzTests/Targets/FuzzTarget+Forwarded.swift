@testable import Wire

extension FuzzTarget {
    /// Whatever a client sends in front, what proxies appended tells the client, and the host can stand in a head.
    static let forwarded = FuzzTarget(
        name: "forwarded",
        words: [
            "for=", "For=\"", "192.0.2.1", "10.0.0.1", "[2001:db8::1]", ":4711", "unknown", "_hidden", ";proto=https",
            ";host=", "\"", "\\", ",", ";", "=", " ", "::ffff:10.0.0.1",
        ]
    ) { input throws(Violation) in
        let text = String(decoding: input, as: UTF8.self)
        let trusted = [AddressRange("10.0.0.0/8")].compactMap(\.self)
        let client = IPAddress.v4(0xC633_6407)
        var list = ForwardedClient()
        list.walk(forwardedFor: text + ", 198.51.100.7, 10.0.0.1", trusted)
        try require(list == ForwardedClient(client, isClient: true), "what a client sent counts in X-Forwarded-For")
        var elements = ForwardedClient()
        elements.walk(forwarded: text + ", for=198.51.100.7;proto=https, for=\"10.0.0.1:80\"", trusted)
        try require(
            elements == ForwardedClient(client, isClient: true, usesHTTPS: true),
            "what a client sent counts in Forwarded"
        )
        var way = Way()
        for isStandard in [false, true] {
            var read = ForwardedClient()
            if isStandard { read.walk(forwarded: text, trusted) } else { read.walk(forwardedFor: text, trusted) }
            try require(read.address != nil || !read.isClient, "a client has no address")
            if let address = read.address {
                let isTrusted = trusted.contains { $0.contains(address) }
                try require(read.isClient != isTrusted, "a proxy counts as a client, or a client as a proxy")
            }
            if let host = read.host {
                let isPlain = host.utf8.allSatisfy { (0x21...0x7E).contains($0) }
                try require(isPlain && !host.isEmpty, "a host can't stand in a head")
            }
            way.pass(kindOf: read.address)
            way.pass(read.isClient ? 1 : 0)
            way.pass(read.host == nil ? 0 : 1)
            way.pass(read.usesHTTPS ? 1 : 0)
        }
        return way.value
    }
}
