import Glibc
import Testing

@testable import WebSockets

struct AcceptRatesTests {
    private static func network(_ number: UInt64) -> ClientNetwork { .ipv6(number) }

    @Test
    func `as many as in a second come at once, then one by one`() {
        var rates = AcceptRates(total: 4, perNetwork: nil)
        func admitted(at milliseconds: Int) -> Int {
            (0..<10).count { _ in rates.admit(.unknown, at: .seconds(100) + .milliseconds(milliseconds)) == nil }
        }
        #expect([0, 249, 250, 500, 1000, 5000].map(admitted) == [4, 0, 1, 1, 2, 4])
    }

    @Test
    func `a network that comes too fast takes nothing from the others`() {
        var rates = AcceptRates(total: 10, perNetwork: 2)
        let now = Duration.seconds(100)
        let flood = (0..<50).map { _ in rates.admit(Self.network(1), at: now) }
        #expect(flood == [nil, nil] + Array(repeating: .addressRate, count: 48))
        let others = (2..<12).map { rates.admit(Self.network($0), at: now) }
        #expect(others == Array(repeating: nil, count: 8) + [.rate, .rate])
    }

    @Test(arguments: [1, 3, 1000])
    func `no network comes faster than its rate over any time`(rate: Int) {
        var rates = AcceptRates(total: nil, perNetwork: rate)
        var admitted = 0
        // Ten attempts for each token, over ten seconds, across many turns of the generations.
        for attempt in 0..<(100 * rate) {
            let now = Duration.seconds(100) + .seconds(1) * attempt / (10 * rate)
            if rates.admit(Self.network(7), at: now) == nil { admitted += 1 }
        }
        #expect((10 * rate...11 * rate).contains(admitted))
    }

    @Test
    func `what is remembered is bounded, and forgotten after a while`() {
        var rates = AcceptRates(total: nil, perNetwork: 1)
        let now = Duration.seconds(100)
        for number in 0..<200_000 as Range<UInt64> { #expect(rates.admit(Self.network(number), at: now) == nil) }
        #expect(rates.count <= 2 * AcceptRates.capacity)
        #expect(rates.admit(Self.network(199_999), at: now) == .addressRate)
        for second in 1...2 { _ = rates.admit(Self.network(0), at: now + .seconds(second)) }
        #expect(rates.count <= 2)
    }

    @Test(arguments: [
        ("192.0.2.1", ClientNetwork.ipv4(0xC000_0201)), ("::ffff:192.0.2.1", .ipv4(0xC000_0201)),
        ("::1", .ipv6(0)), ("2001:db8:1:2:3:4:5:6", .ipv6(0x2001_0db8_0001_0002)),
        ("fe80::1%eth0", .ipv6(0xfe80_0000_0000_0000)), ("", .unknown), ("localhost", .unknown),
    ])
    func `a network is an IPv4 address or a 64 of IPv6`(address: String, network: ClientNetwork) {
        #expect(ClientNetwork(of: address) == network)
    }

    @Test(arguments: [0, 1, 0x0A0B_0C0D, 0x7F00_0001, 0xC0A8_64C8, UInt32.max])
    func `an accepted address is the text of it, and its network`(bits: UInt32) {
        var storage = sockaddr_storage()
        unsafe withUnsafeMutableBytes(of: &storage) { bytes in
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = bits.bigEndian
            unsafe bytes.storeBytes(of: address, as: sockaddr_in.self)
        }
        let peer = SocketAddress.peer(storage)
        #expect(peer.host == SocketAddress.text(storage).host)
        #expect(peer.network == ClientNetwork(of: peer.host))
    }
}
