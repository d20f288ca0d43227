import CommandSupport
import Testing

struct ListenAddressTests {
    @Test(
        arguments: [
            ("127.0.0.1:8080", "127.0.0.1", 8080), ("relay.example.org:1", "relay.example.org", 1),
            ("[::1]:0", "::1", 0),
            ("65535", "127.0.0.1", 65535), ("0.0.0.0:80", "0.0.0.0", 80),
        ] as [(String, String, UInt16)]
    )
    func `a host and a port, or a port alone`(text: String, host: String, port: UInt16) throws {
        let address = try #require(ListenAddress(text))
        #expect((address.host, address.port) == (host, port))
        #expect(ListenAddress("\(address)") == address)
    }

    @Test(arguments: [
        "", ":", ":80", "host", "host:", "host:+5", "host:65536", "host:x", "+80", "[]:80", "[::1:80", "::1]:80", "::1",
        "::1:80", "[::1]", "a[b:80",
    ])
    func `what is no address`(text: String) {
        #expect(ListenAddress(text) == nil)
    }
}
