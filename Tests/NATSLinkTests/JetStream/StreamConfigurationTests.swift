import Testing

@testable import NATSLink

struct StreamConfigurationTests {
    @Test func `the request to create has all that the comparison looks at`() throws {
        let text = String(decoding: StreamInfoTests.wanted.json, as: UTF8.self)
        #expect(
            text
                == #"{"name":"FANOUT_orders_0","subjects":["fanout.log.orders.0"],"retention":"limits","discard":"old","#
                + #""storage":"file","num_replicas":1,"max_bytes":268435456,"max_msgs":-1,"max_msgs_per_subject":-1,"#
                + #""max_age":600000000000,"allow_direct":true,"republish":{"src":"fanout.log.orders.0","dest":"fanout.out.orders.0"}}"#
        )
        let state = #""state":{"messages":0,"bytes":0,"first_seq":0,"last_seq":0}"#
        let info = try StreamInfo(parsing: Array(#"{"config":\#(text),\#(state)}"#.utf8))
        #expect(info.differences(from: StreamInfoTests.wanted).isEmpty)
    }

    @Test func `a stream of states keeps one message of each subject, for ever`() throws {
        let configuration = StreamConfiguration(
            name: "S",
            subjects: [try NATSSubject("s.>")],
            storage: .memory,
            replicas: 3,
            maximumBytes: 1000,
            maximumMessagesPerSubject: 1
        )
        #expect(
            String(decoding: configuration.json, as: UTF8.self)
                == #"{"name":"S","subjects":["s.>"],"retention":"limits","discard":"old","storage":"memory","#
                + #""num_replicas":3,"max_bytes":1000,"max_msgs":-1,"max_msgs_per_subject":1,"max_age":0,"#
                + #""allow_direct":true}"#
        )
    }

    @Test(arguments: ["a", "FANOUT_orders_0", "a-b", String(repeating: "a", count: 255)])
    func `letters, digits and two signs are a name`(text: String) { #expect(StreamConfiguration.isName(text)) }

    @Test(arguments: ["", "a.b", "a b", "a*", ">", "a/b", "ä", "a\n", String(repeating: "a", count: 256)])
    func `what would make other tokens of a subject is no name`(text: String) {
        #expect(!StreamConfiguration.isName(text))
    }

    private static func changed(_ change: (inout StreamConfiguration) -> Void) -> StreamConfiguration {
        var configuration = StreamInfoTests.wanted
        change(&configuration)
        return configuration
    }

    // Trap 8 of the cluster's reference: such a message is acknowledged, and the stream empty.
    @Test(arguments: [
        (8 << 20, 1 << 20, true), ((8 << 20) - 1, 1 << 20, false), (1 << 20, 1 << 20, false), (0, 1, false),
        (1 << 28, 1 << 25, true), (1 << 28, Int.max, false),
    ])
    func `a history has to hold eight of the largest messages`(bytes: Int, message: Int, isEnough: Bool) {
        let flaw = Self.changed { $0.maximumBytes = bytes }.flaw(largestMessage: message)
        #expect((flaw == nil) == isEnough, "\(flaw ?? "")")
    }

    @Test(arguments: [
        (changed { $0.name = "a.b" }, "'a.b' is no name of a stream: letters, digits, - and _ only"),
        (changed { $0.subjects = [] }, "the stream FANOUT_orders_0 has no subject"),
        (
            changed { $0.subjects.append(.of("b")) },
            "the stream FANOUT_orders_0 republishes, and so has to have one subject without wildcards"
        ),
        (
            changed { $0.subjects = [.of("a.*")] },
            "the stream FANOUT_orders_0 republishes, and so has to have one subject without wildcards"
        ),
        (changed { $0.replicas = 2 }, "a stream has 1, 3 or 5 replicas, not 2"),
        (changed { $0.maximumAge = .milliseconds(1) }, "a history of 0.001 seconds is too short"),
    ])
    func `a flaw is a sentence`(configuration: StreamConfiguration, sentence: String) {
        #expect(configuration.flaw(largestMessage: 1) == sentence)
        #expect(StreamInfoTests.wanted.flaw(largestMessage: 1) == nil)
    }

    @Test(arguments: [
        (Duration.seconds(1), 1_000_000_000), (.nanoseconds(1), 1), (.zero, 0), (.seconds(Int64.max), Int.max),
    ])
    func `times are nanoseconds of 64 bits`(time: Duration, nanoseconds: Int) {
        #expect(time.wholeNanoseconds == nanoseconds)
    }
}
