import Testing
import Wire

struct ProxyHeaderTests {
    struct Case: CustomTestStringConvertible {
        let bytes: [UInt8]
        let expected: Result<ProxyHeader?, ProxyHeaderError>
        var testDescription: String { String(decoding: bytes.prefix(120), as: UTF8.self) }

        init(_ text: String, _ client: String?, size: Int? = nil) {
            bytes = Array(text.utf8)
            expected = .success(ProxyHeader(client: client.flatMap { IPAddress($0) }, size: size ?? bytes.count))
        }

        init(_ bytes: [UInt8], _ client: String?, size: Int? = nil) {
            self.bytes = bytes
            expected = .success(ProxyHeader(client: client.flatMap { IPAddress($0) }, size: size ?? bytes.count))
        }

        init(_ text: String, fails error: ProxyHeaderError) { self.init(Array(text.utf8), fails: error) }

        init(_ bytes: [UInt8], fails error: ProxyHeaderError) {
            self.bytes = bytes
            expected = .failure(error)
        }

        init(incomplete bytes: [UInt8]) {
            self.bytes = bytes
            expected = .success(nil)
        }
    }

    private static let signature: [UInt8] = [13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 10]
    private static let ports: [UInt8] = [0x30, 0x39, 0, 80]

    private static func binary(_ command: UInt8, _ family: UInt8, _ rest: [UInt8], length: Int? = nil) -> [UInt8] {
        let length = length ?? rest.count
        return signature + [command, family, UInt8(length >> 8), UInt8(length & 255)] + rest
    }

    private static let v4 = [192, 0, 2, 1, 10, 0, 0, 1] + ports
    private static let v6: [UInt8] =
        [0x20, 1, 0xD, 0xB8] + [UInt8](repeating: 0, count: 11) + [1] + [UInt8](repeating: 7, count: 16) + ports

    static let cases: [Case] = [
        // Version 1.
        Case("PROXY TCP4 192.0.2.1 10.0.0.1 12345 80\r\n", "192.0.2.1"),
        Case("PROXY TCP4 255.255.255.255 0.0.0.0 65535 0\r\n", "255.255.255.255"),
        Case("PROXY TCP4 192.0.2.1 10.0.0.1 12345 80\r\nGET / HTTP/1.1\r\n", "192.0.2.1", size: 40),
        Case("PROXY TCP6 2001:db8::1 ::1 12345 80\r\n", "2001:db8::1"),
        Case("PROXY TCP6 2001:DB8:0:0:0:0:0:1 ::1 1 2\r\n", "2001:db8::1"),
        Case("PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2\r\n", "192.0.2.1"),
        Case("PROXY UNKNOWN\r\n", nil),
        Case("PROXY UNKNOWN 192.0.2.1 whatever \r\n", nil),
        Case("PROXY TCP4 192.0.2.1 10.0.0.1 12345 80\n", fails: .malformed),
        Case("PROXY TCP4 192.0.2.1 10.0.0.1 12345 80 \r\n", fails: .malformed),
        Case("PROXY  TCP4 192.0.2.1 10.0.0.1 12345 80\r\n", fails: .malformed),
        Case("PROXY TCP4 192.0.2.1 10.0.0.1 12345\r\n", fails: .malformed),
        Case("PROXY TCP4 192.0.2.01 10.0.0.1 1 2\r\n", fails: .malformed),
        Case("PROXY TCP4 192.0.2.256 10.0.0.1 1 2\r\n", fails: .malformed),
        Case("PROXY TCP4 192.0.2 10.0.0.1 1 2\r\n", fails: .malformed),
        Case("PROXY TCP4 192.0.2.1 10.0.0.1 65536 2\r\n", fails: .malformed),
        Case("PROXY TCP4 192.0.2.1 10.0.0.1 01 2\r\n", fails: .malformed),
        Case("PROXY TCP4 192.0.2.1 10.0.0.1 -1 2\r\n", fails: .malformed),
        Case("PROXY TCP4 ::1 ::1 1 2\r\n", fails: .malformed),
        Case("PROXY TCP6 192.0.2.1 10.0.0.1 1 2\r\n", fails: .malformed),
        Case("PROXY TCP6 2001:db8::1%eth0 ::1 1 2\r\n", fails: .malformed),
        Case("PROXY UDP4 192.0.2.1 10.0.0.1 1 2\r\n", fails: .malformed),
        Case("PROXY \r\n", fails: .malformed), Case("PROXY UNKNOWNS\r\n", fails: .malformed),
        Case("PROXY UNKNOWN " + String(repeating: "x", count: 91) + "\r\n", nil),
        Case("PROXY UNKNOWN " + String(repeating: "x", count: 92) + "\r\n", fails: .tooLong),
        Case("PROXY UNKNOWN" + String(repeating: "x", count: 94), fails: .tooLong),
        Case("proxy TCP4 192.0.2.1 10.0.0.1 1 2\r\n", fails: .missing),
        Case("GET / HTTP/1.1\r\n", fails: .missing),
        Case("P", nil, size: nil).incomplete, Case("PROXY", nil).incomplete,
        Case("PROXY TCP4 192.0.2.1", nil).incomplete,
        Case(incomplete: []),
        // Version 2.
        Case(binary(0x21, 0x11, v4), "192.0.2.1"),
        Case(binary(0x21, 0x11, v4) + Array("GET".utf8), "192.0.2.1", size: 28),
        Case(binary(0x21, 0x11, v4 + [4, 0, 1, 9]), "192.0.2.1"),
        Case(binary(0x21, 0x21, v6), "2001:db8::1"),
        Case(binary(0x21, 0x00, []), nil), Case(binary(0x21, 0x00, v4), nil),
        Case(binary(0x21, 0x31, [UInt8](repeating: 0, count: 216)), nil),
        Case(binary(0x20, 0x00, []), nil), Case(binary(0x20, 0x11, v4), nil), Case(binary(0x20, 0xFF, [1, 2]), nil),
        Case(binary(0x21, 0x11, [UInt8](repeating: 1, count: 4096)), "1.1.1.1"),
        Case(binary(0x21, 0x11, [UInt8](repeating: 1, count: 4097)), fails: .tooLong),
        Case(binary(0x21, 0x11, [], length: 65535), fails: .tooLong),
        Case(binary(0x21, 0x11, [1, 2, 3, 4]), fails: .malformed),
        Case(binary(0x21, 0x21, v4), fails: .malformed), Case(binary(0x21, 0x31, v6), fails: .malformed),
        Case(binary(0x21, 0x12, v4), fails: .unsupported), Case(binary(0x21, 0x22, v6), fails: .unsupported),
        Case(binary(0x21, 0x41, v4), fails: .unsupported), Case(binary(0x22, 0x11, v4), fails: .unsupported),
        Case(binary(0x11, 0x11, v4), fails: .unsupported), Case(binary(0x31, 0x11, v4), fails: .unsupported),
        Case([13, 10, 13, 10, 1], fails: .missing), Case([22, 3, 1, 2, 0, 1], fails: .missing),
        Case(incomplete: Array(signature.prefix(3))), Case(incomplete: signature), Case(incomplete: signature + [0x21]),
        Case(incomplete: Array(binary(0x21, 0x11, v4).dropLast())),
        Case(incomplete: binary(0x20, 0x00, [], length: 1)),
    ]

    private static func read(_ bytes: [UInt8]) -> Result<ProxyHeader?, ProxyHeaderError> {
        Result { () throws(ProxyHeaderError) in try ProxyHeader(bytes.span) }
    }

    @Test(arguments: cases)
    func `a header is read as the protocol has it, and nothing else is taken for one`(given: Case) {
        #expect(Self.read(given.bytes) == given.expected)
    }

    @Test func `a header is incomplete until its last byte`() {
        for given in Self.cases {
            guard case .success(let header?) = given.expected else { continue }
            for count in 0..<header.size { #expect(Self.read(Array(given.bytes.prefix(count))) == .success(nil)) }
            #expect(Self.read(Array(given.bytes.prefix(header.size))) == given.expected)
            #expect(header.size <= ProxyHeader.maximumSize)
        }
    }
}

extension ProxyHeaderTests.Case {
    fileprivate var incomplete: Self { Self(incomplete: bytes) }
}
