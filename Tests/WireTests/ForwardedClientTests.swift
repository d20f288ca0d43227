import Testing

@testable import Wire

struct ForwardedClientTests {
    private static let trusted = ["10.0.0.0/8", "2001:db8:1::/48"].compactMap { AddressRange($0) }

    private static func head(_ fields: String) throws -> RequestHead {
        var parser = RequestHeadParser()
        let bytes = Array("GET / HTTP/1.1\r\nHost: relay\r\n\(fields)\r\n".utf8)
        return try #require(try parser.parse(bytes.span))
    }

    private static func client(
        _ fields: String,
        by names: ForwardedFields = .forwardedFor(host: false, scheme: false)
    ) throws -> ForwardedClient {
        ForwardedClient(of: try head(fields), by: names, trusting: trusted)
    }

    /// What is expected of a list: a client's address, that of a proxy, or none.
    enum Told: Equatable {
        case client(String)
        case proxy(String)
        case nobody

        init(_ client: ForwardedClient) {
            guard let address = client.address else {
                self = .nobody
                return
            }
            self = client.isClient ? .client("\(address)") : .proxy("\(address)")
        }
    }

    @Test(
        arguments: [
            ("192.0.2.1", .client("192.0.2.1")), ("192.0.2.1, 10.0.0.1", .client("192.0.2.1")),
            ("192.0.2.1,10.0.0.1,\t10.0.0.2 ", .client("192.0.2.1")),
            // What a client sent itself stands in front of what the proxy saw.
            ("6.6.6.6, 192.0.2.1", .client("192.0.2.1")), ("10.0.0.9, 192.0.2.1, 10.0.0.1", .client("192.0.2.1")),
            ("\", 192.0.2.1, 10.0.0.1", .client("192.0.2.1")), ("rubbish, 192.0.2.1", .client("192.0.2.1")),
            (", ,192.0.2.1,,", .client("192.0.2.1")),
            // All are trusted: the first one asked for itself, or names nobody.
            ("10.0.0.3, 10.0.0.2", .proxy("10.0.0.3")), ("10.0.0.1", .proxy("10.0.0.1")),
            ("2001:db8:1::1", .proxy("2001:db8:1::1")),
            // Before a proxy that tells nothing nobody is known.
            ("192.0.2.1, unknown", .nobody), ("192.0.2.1, unknown, 10.0.0.1", .proxy("10.0.0.1")),
            ("192.0.2.1, _hidden, 10.0.0.2, 10.0.0.1", .proxy("10.0.0.2")), ("192.0.2.1, _hidden", .nobody),
            ("", .nobody), (",", .nobody), ("unknown", .nobody), ("example.org", .nobody),
            // Ports, brackets and quotes.
            ("192.0.2.1:4711", .client("192.0.2.1")), ("[2001:db8::1]:4711", .client("2001:db8::1")),
            ("[2001:db8::1]", .client("2001:db8::1")), ("2001:db8::1", .client("2001:db8::1")),
            ("2001:db8::1, 2001:db8:1::5", .client("2001:db8::1")),
            ("192.0.2.1, [2001:db8:1::5]:80", .client("192.0.2.1")),
            ("\"192.0.2.1\"", .client("192.0.2.1")), ("\"[2001:db8::1]:80\"", .client("2001:db8::1")),
            // An address of IPv4 is the same in the clothes of IPv6, also for trust.
            ("::ffff:192.0.2.1", .client("192.0.2.1")), ("192.0.2.1, ::ffff:10.0.0.1", .client("192.0.2.1")),
            ("192.0.2.1:", .nobody), ("192.0.2.1:x", .nobody), ("192.0.2.1:123456", .nobody), ("[192.0.2.1]", .nobody),
            ("[::1", .nobody), ("[::1]x", .nobody), ("[]", .nobody), ("192.0.2.1 10.0.0.1", .nobody),
            ("192.0.2.01", .nobody), ("fe80::1%eth0", .nobody), ("\"", .nobody), ("\"\"", .nobody),
        ] as [(String, Told)]
    )
    func `the last address that no trusted proxy has is the client's`(list: String, told: Told) throws {
        let client = try Self.client("X-Forwarded-For: \(list)\r\n")
        #expect(Told(client) == told)
        #expect(client.host == nil && !client.usesHTTPS)
    }

    @Test(
        arguments: [
            ("for=192.0.2.1", .client("192.0.2.1"), nil, false),
            ("For=\"[2001:db8::1]:4711\"", .client("2001:db8::1"), nil, false),
            ("for=\"192.0.2.1:47011\"", .client("192.0.2.1"), nil, false),
            ("for=192.0.2.1;proto=HTTPS;host=relay.example;by=10.0.0.1", .client("192.0.2.1"), "relay.example", true),
            ("for=192.0.2.1 ; proto=https;  host=relay.example", .client("192.0.2.1"), "relay.example", true),
            ("for=192.0.2.1;proto=wss", .client("192.0.2.1"), nil, true),
            ("for=192.0.2.1;proto=http", .client("192.0.2.1"), nil, false),
            // Host and scheme are those of the client's request, not of a proxy's to another one.
            ("proto=https;for=192.0.2.1, for=10.0.0.1;proto=http;host=inside", .client("192.0.2.1"), nil, true),
            ("for=192.0.2.1, for=10.0.0.1;proto=https;host=inside", .client("192.0.2.1"), nil, false),
            (
                "for=6.6.6.6;host=evil.example, for=192.0.2.1;host=\"relay.example:8443\"", .client("192.0.2.1"),
                "relay.example:8443", false
            ),
            ("for=192.0.2.1;;host=a;", .client("192.0.2.1"), "a", false),
            // A host that can't stand in a head is none.
            ("for=192.0.2.1;host=\"a,b\", for=10.0.0.1", .client("192.0.2.1"), nil, false),
            ("for=192.0.2.1;host=\"a\\\"b, for=6.6.6.6\"", .client("192.0.2.1"), nil, false),
            ("for=192.0.2.1;host=\"a b\"", .client("192.0.2.1"), nil, false),
            ("for=192.0.2.1;host=\"\"", .client("192.0.2.1"), nil, false),
            ("for=192.0.2.1;host=\":80\"", .client("192.0.2.1"), nil, false),
            ("for=192.0.2.1;host=\"r\\elay\"", .client("192.0.2.1"), "relay", false),
            // A client's own, with a quote that it doesn't close.
            ("for=\", for=192.0.2.1", .client("192.0.2.1"), nil, false),
            ("\"\\, for=192.0.2.1, for=10.0.0.1", .client("192.0.2.1"), nil, false),
            ("for=6.6.6.6;x=\"\\\", for=192.0.2.1", .client("192.0.2.1"), nil, false),
            // A proxy may hide whom it passes on, and still tell how.
            ("for=_hidden", .nobody, nil, false), ("for=\"_gazonk\";proto=https", .nobody, nil, true),
            ("for=unknown;host=a, for=10.0.0.1;proto=https", .proxy("10.0.0.1"), "a", false),
            ("proto=https", .nobody, nil, true), ("for=\"192.0.2.1:_port\"", .client("192.0.2.1"), nil, false),
            // What stands before an element that can't be read isn't looked at.
            ("for=6.6.6.6, for", .nobody, nil, false), ("for=6.6.6.6, for=", .nobody, nil, false),
            ("for=\"192.0.2.1", .nobody, nil, false), ("for = 192.0.2.1", .nobody, nil, false),
            ("for=6.6.6.6, for=192.0.2.1;for=6.6.6.6", .nobody, nil, false), ("for=[2001:db8::1]", .nobody, nil, false),
            ("for=192.0.2.1;FOR=6.6.6.6", .nobody, nil, false), ("for=\"192.0.2.1\"x", .nobody, nil, false),
            ("for=\"192.0.2.1\\", .nobody, nil, false), ("", .nobody, nil, false),
        ] as [(String, Told, String?, Bool)]
    )
    func `an element of Forwarded tells address, host and scheme`(
        list: String,
        told: Told,
        host: String?,
        usesHTTPS: Bool
    ) throws {
        let client = try Self.client("Forwarded: \(list)\r\n", by: .forwarded)
        #expect(Told(client) == told)
        #expect(client.host == host)
        #expect(client.usesHTTPS == usesHTTPS)
    }

    @Test func `several lines are one list`() throws {
        let lines = "X-Forwarded-For: 6.6.6.6\r\nx-forwarded-for: 192.0.2.1\r\nX-Forwarded-For: 10.0.0.1, 10.0.0.2\r\n"
        #expect(Told(try Self.client(lines)) == .client("192.0.2.1"))
        let further = "Forwarded: for=6.6.6.6\r\nforwarded: for=192.0.2.1;proto=https\r\nForwarded: for=10.0.0.1\r\n"
        let client = try Self.client(further, by: .forwarded)
        #expect(client == ForwardedClient(IPAddress("192.0.2.1"), isClient: true, usesHTTPS: true))
    }

    @Test func `only the fields that were chosen count`() throws {
        let lines = """
            Forwarded: for=192.0.2.1;host=f.example;proto=https\r
            X-Forwarded-For: 192.0.2.2\r
            X-Forwarded-Host: evil.example, x.example\r
            X-Forwarded-Proto: http\r
            X-Forwarded-Proto: https\r

            """
        let second = IPAddress("192.0.2.2")
        for (fields, expected) in [
            (.none, ForwardedClient()),
            (.forwarded, ForwardedClient(IPAddress("192.0.2.1"), isClient: true, host: "f.example", usesHTTPS: true)),
            (.forwardedFor(host: false, scheme: false), ForwardedClient(second, isClient: true)),
            // Of several the last one is the nearest proxy's.
            (.forwardedFor(host: true, scheme: false), ForwardedClient(second, isClient: true, host: "x.example")),
            (.forwardedFor(host: false, scheme: true), ForwardedClient(second, isClient: true, usesHTTPS: true)),
        ] as [(ForwardedFields, ForwardedClient)] {
            #expect(try Self.client(lines, by: fields) == expected, "\(fields)")
        }
        #expect(try Self.client("", by: .forwarded) == ForwardedClient())
        #expect(try Self.client("", by: .forwardedFor(host: true, scheme: true)) == ForwardedClient())
    }

    @Test(arguments: ["a b", "a/b", "evil.example, ", "[::1", "a:b", "user@a", "\"a\"", "\u{E9}"])
    func `what is no host is not taken for one`(value: String) throws {
        let fields = ForwardedFields.forwardedFor(host: true, scheme: false)
        let host = try Self.client("X-Forwarded-Host: \(value)\r\n", by: fields).host
        #expect(host == (value == "evil.example, " ? "evil.example" : nil))
    }

    @Test func `of a long list the end is looked at, in whole elements`() throws {
        let many = Array(repeating: "10.0.0.1", count: 100).joined(separator: ",")
        #expect(Told(try Self.client("X-Forwarded-For: 192.0.2.1,\(many)\r\n")) == .proxy("10.0.0.1"))
        // A client can't keep the proxy from naming it by sending much itself.
        for filling in [String(repeating: "x", count: 9000), String(repeating: "1.1.1.1,", count: 1200)] {
            #expect(Told(try Self.client("X-Forwarded-For: \(filling), 192.0.2.1\r\n")) == .client("192.0.2.1"))
        }
        // A part of an element isn't one: here `2.0.2.1` would be, of `192.0.2.1`.
        let rest = ", " + String(repeating: " ", count: ForwardedClient.maximumSize - 17) + "10.0.0.1"
        #expect(rest.utf8.count + 7 == ForwardedClient.maximumSize)
        #expect(Told(try Self.client("X-Forwarded-For: 192.0.2.1\(rest)\r\n")) == .proxy("10.0.0.1"))
        #expect(Told(try Self.client("X-Forwarded-For: 2.0.2.1\(rest)\r\n")) == .client("2.0.2.1"))
    }
}
