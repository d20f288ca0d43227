import Testing

@testable import NATSLink

struct StreamInfoTests {
    static let wanted = StreamConfiguration(
        name: "FANOUT_orders_0",
        subjects: [.of("fanout.log.orders.0")],
        republishedTo: .of("fanout.out.orders.0"),
        maximumBytes: 1 << 28,
        maximumAge: .seconds(600)
    )

    /// What servers answer, shortened; the second has what 2.11 added.
    private static func answer(
        config: String = "",
        state: String = #""messages":3,"bytes":400,"first_seq":2,"last_seq":4"#
    ) -> [UInt8] {
        let fitting = #"""
            "name":"FANOUT_orders_0","subjects":["fanout.log.orders.0"],"retention":"limits","max_consumers":-1,
            "max_msgs":-1,"max_bytes":268435456,"max_age":600000000000,"max_msgs_per_subject":-1,"max_msg_size":-1,
            "discard":"old","storage":"file","num_replicas":1,"duplicate_window":120000000000,"compression":"none",
            "republish":{"src":"fanout.log.orders.0","dest":"fanout.out.orders.0"},"allow_direct":true,"mirror_direct":false,
            "sealed":false,"metadata":{"_nats.ver":"2.15.1"}
            """#
        return Array(
            """
            {"type":"io.nats.jetstream.api.v1.stream_info_response","total":0,"offset":0,"limit":0,
            "config":{\(fitting)\(config.isEmpty ? "" : "," + config)},"created":"2026-11-30T15:00:00Z",
            "state":{\(state),"first_ts":"2026-11-30T15:00:00Z","consumer_count":0},
            "cluster":{"name":"c","leader":"n1","replicas":[{"name":"n2","current":true}]}}
            """.utf8
        )
    }

    @Test func `a stream's bounds, leader and settings are read`() throws {
        let info = try StreamInfo(parsing: Self.answer())
        #expect(info.name == "FANOUT_orders_0")
        #expect([info.messages, info.bytes, info.firstSequence, info.lastSequence] == [3, 400, 2, 4])
        #expect(info.leader == "n1")
        #expect(info.differences(from: Self.wanted).isEmpty, "\(info.differences(from: Self.wanted))")
    }

    // Of duplicate members the last one counts.
    @Test(arguments: [
        (#""subjects":["a","b"]"#, "its subjects are a, b, wanted is fanout.log.orders.0"),
        (#""subjects":null"#, "its subjects are nothing, wanted is fanout.log.orders.0"),
        (#""republish":null"#, "it republishes to nothing, wanted is fanout.out.orders.0"),
        (
            #""republish":{"src":"fanout.log.orders.0","dest":"x"}"#,
            "it republishes to x, wanted is fanout.out.orders.0"
        ),
        (
            #""republish":{"src":"a.>","dest":"fanout.out.orders.0"}"#,
            "it republishes from a.>, wanted is fanout.log.orders.0"
        ),
        (
            #""republish":{"src":"fanout.log.orders.0","dest":"fanout.out.orders.0","headers_only":true}"#,
            "republishing of headers only is on, wanted is off"
        ),
        (#""storage":"memory""#, "its storage is memory, wanted is file"),
        (#""num_replicas":3"#, "its number of replicas is 3, wanted is 1"),
        (#""retention":"workqueue""#, "its retention is workqueue, wanted is limits"),
        (#""discard":"new""#, "what it discards is new, wanted is old"),
        (#""max_bytes":-1"#, "its max_bytes is unlimited, wanted is 268435456"),
        (#""max_bytes":7"#, "its max_bytes is 7, wanted is 268435456"),
        (#""max_msgs":100"#, "its max_msgs is 100, wanted is unlimited"),
        (#""max_msg_size":10"#, "its max_msg_size is 10, wanted is unlimited"),
        (#""max_msgs_per_subject":1"#, "its max_msgs_per_subject is 1, wanted is unlimited"),
        (#""max_age":0"#, "its max_age is unlimited, wanted is 600.0 seconds"),
        (#""allow_direct":false"#, "direct get (allow_direct) is off, wanted is on"),
        (#""allow_direct":null"#, "direct get (allow_direct) is off, wanted is on"),
        (#""sealed":true"#, "sealing is on, wanted is off"),
        (#""no_ack":true"#, "publishing without acknowledgement (no_ack) is on, wanted is off"),
    ])
    func `each difference that matters is a sentence`(change: String, sentence: String) throws {
        let info = try StreamInfo(parsing: Self.answer(config: change))
        #expect(info.differences(from: Self.wanted) == [sentence])
    }

    @Test(arguments: [
        #""description":"mine""#, #""compression":"s2""#, #""max_consumers":5"#, #""placement":{"cluster":"c"}"#,
        #""something_new":{"a":[1,2]}"#,
    ])
    func `what the log doesn't depend on is no difference`(change: String) throws {
        #expect(try StreamInfo(parsing: Self.answer(config: change)).differences(from: Self.wanted).isEmpty)
    }

    @Test(arguments: [
        "", "[]", "null", "{}", #"{"config":{}}"#, #"{"config":[],"state":{}}"#, #"{"config":{"name":"a"},"state":{}}"#,
        #"{"config":{"name":1},"state":{"messages":1,"bytes":1,"first_seq":1,"last_seq":1}}"#,
        #"{"config":{"name":"a"},"state":{"messages":1,"bytes":1,"first_seq":-1,"last_seq":1}}"#,
        #"{"config":{"name":"a"},"state":{"messages":1.5,"bytes":1,"first_seq":1,"last_seq":1}}"#,
        #"{"config":{"name":"a","subjects":"b"},"state":{"messages":1,"bytes":1,"first_seq":1,"last_seq":1}}"#,
        #"{"config":{"name":"a","subjects":[1]},"state":{"messages":1,"bytes":1,"first_seq":1,"last_seq":1}}"#,
        #"{"config":{"name":"a","sealed":"no"},"state":{"messages":1,"bytes":1,"first_seq":1,"last_seq":1}}"#,
    ])
    func `what is no such answer is malformed`(text: String) {
        let error = #expect(throws: JetStreamFailure.self) { try StreamInfo(parsing: Array(text.utf8)) }
        guard case .malformed = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func `an answer that is too long isn't read`() {
        let long = Self.answer() + [UInt8](repeating: 0x20, count: APIAnswer.maximumSize)
        #expect(throws: JetStreamFailure.malformed("\(long.count) bytes")) { try StreamInfo(parsing: long) }
    }

    @Test func `an error is told with its number and words`() {
        let text = #"{"type":"t","error":{"code":404,"err_code":10059,"description":"stream\nnot found"}}"#
        let error = JetStreamError(code: 404, errorCode: 10059, text: "stream not found")
        #expect(throws: JetStreamFailure.rejected(error)) { try StreamInfo(parsing: Array(text.utf8)) }
        #expect(error.description == "stream not found (10059)")
    }

    @Test func `an account's use and limits are read`() throws {
        let text = #"{"memory":1,"storage":2,"streams":3,"consumers":0,"limits":{"max_memory":-1,"max_storage":9}}"#
        let info = try AccountInfo(parsing: Array(text.utf8))
        #expect([info.memory, info.storage, info.streams] == [1, 2, 3])
        #expect(info.memoryLimit == nil)
        #expect(info.storageLimit == 9)
        #expect(throws: JetStreamFailure.malformed("streams is missing")) {
            try AccountInfo(parsing: Array(#"{"memory":1,"storage":2}"#.utf8))
        }
    }
}
