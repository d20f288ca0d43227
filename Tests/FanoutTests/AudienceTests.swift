import TestSupport
import Testing

@testable import Fanout

/// Notes what it is asked to fetch.
private final class Fetcher: SubscriberOwner {
    nonisolated(unsafe) static var addresses: [UnsafeRawPointer] = unsafe []
    var subscribers: [Subscriber] = []
    var fetched: [String] = []

    static func prefetch(_ address: UnsafeRawPointer, size: Int) { unsafe addresses.append(address) }

    func prefetchSocket() { fetched.append("socket") }

    func prefetchConnection() { fetched.append("connection") }
}

@Suite(.serialized)
struct AudienceTests {
    private func fetchers(_ count: Int, _ encoding: Encoding = .event) -> ([Fetcher], Audience) {
        let audience = Audience()
        let fetchers = (0..<count).map { number in
            let fetcher = Fetcher()
            let subscriber = Subscriber(
                owner: fetcher,
                in: 0,
                encoding: encoding,
                id: "\(number)",
                prefix: [],
                cursor: 0
            )
            fetcher.subscribers.append(subscriber)
            audience.add(subscriber)
            return fetcher
        }
        return (fetchers, audience)
    }

    private func visited(_ encoding: Encoding, of audience: Audience) -> [String] {
        var ids: [String] = []
        audience.visit(encoding, ownedBy: Fetcher.self) { subscriber, owner in
            #expect(owner.subscribers.first === subscriber)
            ids.append(subscriber.id)
        }
        return ids
    }

    @Test(arguments: [0, 1, 2, 3, 4, 5, 17])
    func `all of an encoding are visited once, in order, with their owners`(count: Int) {
        let (fetchers, audience) = fetchers(count)
        #expect(visited(.event, of: audience) == (0..<count).map(String.init))
        #expect(visited(.payload, of: audience) == [])
        #expect(audience.isEmpty == (count == 0))
        #expect(audience.first(of: .event) === fetchers.first?.subscribers.first)
    }

    @Test func `whoever is visited was fetched before, from its own to its connection`() {
        let (fetchers, audience) = fetchers(6)
        unsafe Fetcher.addresses = []
        var before: [[String]] = []
        audience.visit(.event, ownedBy: Fetcher.self) { _, owner in before.append(owner.fetched) }
        #expect(before == [[], ["connection"]] + Array(repeating: ["socket", "connection"], count: 4))
        let behind = unsafe fetchers[4...].map { fetcher in
            unsafe UnsafeRawPointer(Unmanaged.passUnretained(fetcher.subscribers[0]).toOpaque())
        }
        #expect(unsafe Set(behind).isSubset(of: Fetcher.addresses))
    }

    @Test func `who leaves makes room for the last one`() {
        let (fetchers, audience) = fetchers(40)
        let left = audience
        var generator = SplitMix(seed: 7)
        var expected = Set((0..<40).map(String.init))
        for fetcher in fetchers.shuffled(using: &generator) {
            left.remove(fetcher.subscribers[0])
            expected.remove(fetcher.subscribers[0].id)
            let ids = visited(.event, of: left)
            #expect(ids.count == expected.count && Set(ids) == expected)
        }
        #expect(left.isEmpty)
    }
}
