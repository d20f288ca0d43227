import NATSLink
import Testing

struct NATSServerTests {
    @Test(arguments: [
        ("nats://a", "a:4222"), ("nats://a.b-c_d.example:1", "a.b-c_d.example:1"),
        ("tls://10.0.0.1:65535", "10.0.0.1:65535"),
        ("nats://[::1]", "[::1]:4222"), ("tls://[fe80::1.2.3.4]:5", "[fe80::1.2.3.4]:5"),
    ])
    func `a URL names a host and a port`(text: String, expected: String) throws {
        let server = try NATSServer(parsing: text)
        #expect(server.description == expected)
        #expect(server.isSecure == text.hasPrefix("tls"))
    }

    @Test(
        arguments: [
            ("", .scheme("")), ("a:4222", .scheme("a:4222")), ("http://a", .scheme("http://a")),
            ("NATS://a", .scheme("NATS://a")),
            ("nats://me:secret@a", .credentials), ("nats://token@a:1", .credentials),
            ("nats://", .address("nats://")), ("nats://:4222", .address("nats://:4222")),
            ("nats://a b", .address("nats://a b")),
            ("nats://a/b", .address("nats://a/b")), ("nats://[::1", .address("nats://[::1")),
            ("nats://[1]", .address("nats://[1]")),
            ("nats://[::1%lo]", .address("nats://[::1%lo]")), ("nats://ä", .address("nats://ä")),
            ("nats://a\r\n", .address("nats://a\r\n")),
            ("nats://a:", .address("nats://a:")), ("nats://a:0", .address("nats://a:0")),
            ("nats://a:65536", .address("nats://a:65536")),
            ("nats://a:+1", .address("nats://a:+1")), ("nats://a:1/", .address("nats://a:1/")),
            ("nats://[::1]1", .address("nats://[::1]1")),
        ] as [(String, NATSServer.Fault)]
    )
    func `what is no URL of a server is refused, with the reason`(text: String, fault: NATSServer.Fault) {
        #expect(throws: fault) { try NATSServer(parsing: text) }
    }

    @Test func `a list has each server once`() throws {
        let servers = try NATSServer.list(parsing: "nats://a,nats://b:1, nats://a:4222")
        #expect(servers.map(\.description) == ["a:4222", "b:1"])
    }

    @Test(
        arguments: [
            ("", .empty), (",", .empty), ("nats://a,tls://b", .mixedSchemes), ("nats://a,b", .scheme("b")),
            ((0...64).map { "nats://a\($0)" }.joined(separator: ","), .tooMany),
        ] as [(String, NATSServer.Fault)]
    )
    func `a list that can't be used is refused`(text: String, fault: NATSServer.Fault) {
        #expect(throws: fault) { try NATSServer.list(parsing: text) }
    }
}
