#if Cluster
import EventLog
import NATSLink
import Testing

@testable import FanoutRelay

/// What an operator is shown of what relays and servers tell.
struct GroupViewTests {
    private static func stream(_ number: Int) throws -> StreamInfo {
        let text = """
            {"type":"io.nats.jetstream.api.v1.stream_info_response","config":{"name":"fanout-g-\(number)","subjects":[],
            "retention":"limits","storage":"file","num_replicas":1,"discard":"old","max_bytes":-1,"max_msgs":-1,
            "max_age":0,"max_msg_size":-1},"state":{"messages":2,"bytes":30,"first_seq":9,"last_seq":10}}
            """
        return try StreamInfo(parsing: Array(text.utf8))
    }

    private static func view(_ relays: [String: MemberTerms], partitions: Int = 1) throws -> GroupView {
        GroupView("g", "server", relays, try (0..<partitions).map(stream))
    }

    private static func terms(
        _ duty: MemberPlace.Duty,
        isCandidate: Bool = true,
        topics: UInt64 = 1
    ) -> MemberTerms {
        MemberTerms(
            isCandidate: isCandidate,
            topics: topics,
            places: [MemberPlace(duty, term: duty == .leads ? 7 : 6, head: 8, end: 10)]
        )
    }

    @Test func `who leads, how far each is, and who has other topics`() throws {
        let view = try Self.view(
            [
                "b": Self.terms(.leads), "a": Self.terms(.follows, isCandidate: false),
                "c": Self.terms(.standsBy, topics: 2),
            ]
        )
        let partition = GroupView.Partition(
            number: 0,
            leaders: ["b"],
            term: 7,
            lastMessage: 10,
            messages: 2,
            bytes: 30,
            server: nil
        )
        #expect(view.partitions == [partition] && view.unled.isEmpty)
        #expect(view.relays.map(\.node) == ["a", "b", "c"])
        #expect(view.relays.map(\.isCandidate) == [false, true, true])
        #expect(view.relays.map(\.hasSameTopics) == [true, true, false])
        #expect(view.relays.map { $0.places[0].duty } == [.follows, .leads, .standsBy])
        #expect(view.relays[0].places[0].lag == 2)
    }

    @Test func `a partition that nobody leads, or two, is named`() throws {
        let second = MemberPlace(.leads, term: 1, head: 0, end: 0)
        var (a, b) = (Self.terms(.follows), Self.terms(.follows))
        a.places.append(second)
        b.places.append(second)
        #expect(try Self.view(["a": a, "b": b], partitions: 2).unled == [0, 1])
        #expect(try Self.view([:]).unled == [0])
    }

    @Test(
        arguments: [
            (1, nil, "there is no partition 1; there are 1"), (0, "b", "b leads partition 0 already"),
            (0, "x", "no relay x that may lead; there are: c"), (0, "a", "no relay a that may lead; there are: c"),
        ] as [(Int, String?, String)]
    )
    func `what can't be handed over isn't asked for`(partition: Int, successor: String?, reason: String) throws {
        let view = try Self.view(
            ["b": Self.terms(.leads), "a": Self.terms(.follows, isCandidate: false), "c": Self.terms(.follows)]
        )
        #expect(try view.leader(of: 0, beforeLeavingTo: nil) == "b")
        #expect(try view.leader(of: 0, beforeLeavingTo: "c") == "b")
        let failure = #expect(throws: GroupViewFailure.self) {
            try view.leader(of: partition, beforeLeavingTo: successor)
        }
        #expect(failure?.reason == reason)
    }

    @Test func `nobody can follow a relay that is alone`() throws {
        let failure = #expect(throws: GroupViewFailure.self) {
            try Self.view(["b": Self.terms(.leads)]).leader(of: 0, beforeLeavingTo: nil)
        }
        #expect(failure?.reason == "no other relay may lead")
        #expect(throws: GroupViewFailure.self) {
            try Self.view(["b": Self.terms(.follows)]).leader(of: 0, beforeLeavingTo: nil)
        }
    }
}
#endif
