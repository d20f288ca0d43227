import CommandSupport
import FanoutRelay
import Testing

@testable import FanoutRelayCommand

/// What `top` shows of what a relay says, as lines.
struct TopViewTests {
    private static let url = "http://127.0.0.1:8080"

    /// A report as a relay sends it.
    private static func report(
        run: String = "a",
        time: Double = 100,
        ready: Bool = true,
        upstream: String = #"{"attempt":0,"connected":true,"connects":2,"failures":1,"history":[]}"#,
        group: String = "null",
        topics: [String] = [],
        slowest: [String] = [],
        deliveries: Int = 0
    ) throws -> StateReport {
        let text = """
            {"version":"1.2.3","time":\(time),"run":"\(run)","ready":\(ready),"draining":false,"upstream":\(upstream),
            "group":\(group),"topics":[\(topics.joined(separator: ","))],"clients":{"count":1203,"opened":1300,"subscriptions":1204,
            "protocols":{"graphql-ws":0,"fanout.v1.json":3,"graphql-transport-ws":1200},"closes":{"1001":4,"1006":12},
            "slowest":[\(slowest.joined(separator: ","))],"mayClose":false,"needToken":false},
            "deliveries":\(deliveries),"deliveredBytes":\(deliveries * 1024),"slow":7,"untoldGaps":0,
            "latency":{"bounds":[0.00025,0.001,0.5],"counts":[90,9,1,0]},
            "lag":{"bounds":[0,1024,65536],"counts":[95,0,0,5]},
            "memory":{"resident":83886080,"limit":536870912,"pressure":0},"loops":{"shard-0":\(time / 4),"upstream":1}}
            """
        return try #require(StateReport(Array(text.utf8)))
    }

    private static func topic(
        _ name: String,
        events: Int = 0,
        status: String = "live",
        age: String = "0.02",
        subscribers: Int = 0
    ) -> String {
        """
        {"name":"\(name)","status":"\(status)","events":\(events),"bytes":0,"age":\(age),"subscribers":\(subscribers),
        "gaps":1,"interruptions":2,"errors":0,"held":0}
        """
    }

    private static func slow(_ number: Int, _ lag: String) -> String {
        #"{"number":\#(number),"peer":"10.0.0.1","protocol":"fanout.v1.json","lag":\#(lag),"subscriptions":1}"#
    }

    private static func text(_ lines: [TopView.Line]) -> [String] { lines.map(\.text) }

    @Test func `two reports give rates, and the busiest topic stands first`() throws {
        let former = try Self.report(
            topics: [Self.topic("slow", events: 1), Self.topic("fast", events: 10), Self.topic("*")],
            deliveries: 1000
        )
        let report = try Self.report(
            time: 102,
            topics: [
                Self.topic("slow", events: 2, status: "interrupted", age: "4000", subscribers: 3),
                Self.topic("fast", events: 4010, subscribers: 1200), Self.topic("*"), Self.topic("new", age: "null"),
            ],
            slowest: [Self.slow(12, "3400000"), Self.slow(4711, "900")],
            deliveries: 5001
        )
        let lines = TopView(of: report, since: former, at: Self.url).lines()
        #expect(
            Self.text(lines) == [
                "fanout-relay 1.2.3 at http://127.0.0.1:8080",
                "ready; connected 2 times, lost or refused 1 times",
                "1,203 clients, 1,204 subscriptions; a second: 2,001 events, 2,001 deliveries, 2 MiB",
                "90 %, 99 %, all: delivered within –, –, –; lack –, –, –",
                "memory 80 MiB of 512 MiB; busiest thread shard-0 25 %; slow clients so far 7",
                "",
                "TOPIC        STATE  PER SECOND  LAST EVENT  SUBSCRIBERS  GAPS  INTERRUPTIONS",
                "fast          live       2,000   20 ms ago        1,200     1              2",
                "slow   interrupted         0.5  67 min ago            3     1              2",
                "new           live           –           –            0     1              2",
                "",
                "protocols: graphql-transport-ws 1,200, fanout.v1.json 3",
                "closed with: 1006 12, 1001 4",
                "SLOWEST CLIENT          PROTOCOL    LACKS",
                "12 at 10.0.0.1    fanout.v1.json  3.2 MiB",
                "4711 at 10.0.0.1  fanout.v1.json    900 B",
            ]
        )
        #expect(lines.map(\.style).firstIndex(of: .bad) == 8)
        #expect(lines.indices.filter { lines[$0].style == .heading } == [6, 13])
    }

    @Test(arguments: [nil, "b"])
    func `without an earlier report of the same run there are no rates`(run: String?) throws {
        let report = try Self.report(topics: [Self.topic("t", events: 5)], deliveries: 9)
        let former = try run.map { try Self.report(run: $0, time: 99) }
        let lines = Self.text(TopView(of: report, since: former, at: Self.url).lines())
        #expect(lines[2].hasSuffix("a second: – events, – deliveries, –"))
        #expect(lines[3].hasSuffix("within 0.25 ms, 1 ms, 500 ms; lack nothing, over 64 MiB, over 64 MiB"))
        #expect(lines[4].contains("busiest thread –;") && lines[7].contains("  –  "))
    }

    @Test(
        arguments: [
            (
                #"{"attempt":3,"connected":false,"connects":0,"failures":9,"history":[],"retry":4.2,"failure":"no"}"#,
                "not connected: no; attempt 3 in 4 s"
            ),
            (
                #"{"attempt":1,"connected":false,"connects":0,"failures":0,"history":[]}"#,
                "not connected: no attempt has ended yet"
            ),
            (
                #"{"attempt":0,"connected":true,"connects":1,"failures":0,"history":[]}"#,
                "not ready; connected 1 times, lost or refused 0 times"
            ),
        ]
    )
    func `it says why the relay isn't ready`(upstream: String, line: String) throws {
        let view = TopView(of: try Self.report(ready: false, upstream: upstream), since: nil, at: Self.url)
        #expect(view.lines()[1] == TopView.Line(text: line, style: .bad))
    }

    @Test(arguments: [(80, 24), (40, 16), (20, 8), (200, 61), (1, 1)])
    func `it fits into the terminal, and says what has no room`(columns: Int, rows: Int) throws {
        let report = try Self.report(
            topics: (1...40).map { Self.topic("topic-with-a-long-name-\($0)") },
            slowest: (1...10).map { Self.slow($0, "5") }
        )
        let size = TerminalSize(columns: columns, rows: rows)
        let lines = Self.text(TopView(of: report, since: nil, at: Self.url).lines(in: size))
        #expect(lines.count <= rows && lines.allSatisfy { TopText.width($0) <= columns })
        if rows == 24 {
            #expect(lines.count == 24)
            #expect(lines.contains("and 32 more") && lines.contains { $0.hasPrefix("4 at ") })
            #expect(lines.contains { $0.hasPrefix("topic-with-a-l…   live  ") })
        }
        if rows == 61 {
            #expect(lines.contains { $0.contains("name-40 ") } && !lines.contains { $0.hasPrefix("and ") })
        }
        let away = TopView.lines(without: .unreachable("no route"), at: Self.url, in: size)
        #expect(away.count <= rows && away.allSatisfy { TopText.width($0.text) <= columns })
    }

    @Test func `names can't move the cursor, nor numbers overflow`() throws {
        let name = #"a\u001b[2Jb\nc\u202ed\u0000"#
        let cause =
            #"{"attempt":9223372036854775807,"connected":false,"connects":-1,"failures":0,"history":[],"#
            + #""retry":1e300,"failure":"\u001b]0;x\u0007y"}"#
        let former = try Self.report(time: -1e300, topics: [Self.topic(name, events: .min)])
        let report = try Self.report(
            time: 1e300,
            ready: false,
            upstream: cause,
            topics: [Self.topic(name, events: .max, age: "-5"), Self.topic("x", events: .max)],
            slowest: [Self.slow(1, "18446744073709551615")]
        )
        for size in [nil, TerminalSize(columns: 100, rows: 30)] {
            let lines = Self.text(TopView(of: report, since: former, at: Self.url).lines(in: size))
            #expect(lines.contains { $0.hasPrefix("a[2Jbcd") })
            #expect(lines[1].hasPrefix("not connected: ]0;xy; attempt "))
            #expect(lines.joined().unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x202E })
        }
    }

    @Test(
        arguments: [
            (StateFailure.unreachable("refused\u{1B}"), "the relay isn't reached: refused; trying again"),
            (.refused(showsToken: false), "the relay asks for an operator's token: --token-file; trying again"),
            (.refused(showsToken: true), "the relay doesn't take the token for an operator's; trying again"),
            (.status(500), "the relay answers 500; trying again"),
        ] as [(StateFailure, String)]
    )
    func `it says why the relay doesn't tell`(failure: StateFailure, line: String) {
        let lines = TopView.lines(without: failure, at: Self.url, in: TerminalSize(columns: 100, rows: 24))
        #expect(lines[1] == TopView.Line(text: line, style: .bad))
    }

    @Test func `a relay of a group says who leads, and what is wrong`() throws {
        let partitions = [
            #"{"leads":true,"term":7,"lag":0,"age":0.2}"#, #"{"leader":"b","leads":false,"term":3,"lag":1200,"age":1}"#,
        ]
        func group(_ partitions: [String], fault: String = "null") -> String {
            #"{"name":"news","node":"a","connected":true,"fault":\#(fault),"partitions":[\#(partitions.joined(separator: ","))]}"#
        }
        let led = try TopView(of: Self.report(group: group(partitions)), since: nil, at: Self.url).lines()
        let line = TopView.Line(
            text: "a of group news; partition 0: this relay leads, term 7, 0 messages not read; "
                + "partition 1: b leads, term 3, 1,200 messages not read"
        )
        #expect(led[2] == line)
        let unled = group([#"{"leads":false,"term":3,"lag":0,"age":9}"#], fault: #""no server""#)
        let lines = try TopView(of: Self.report(group: unled), since: nil, at: Self.url).lines()
        let text = "a of group news; partition 0: nobody leads, term 3, 0 messages not read"
        #expect(lines[2...3] == [TopView.Line(text: text, style: .bad), TopView.Line(text: "no server", style: .bad)])
    }
}

struct TopTextTests {
    @Test(arguments: [
        ("abc", 3, "abc"), ("abcd", 3, "ab…"), ("日本語", 6, "日本語"), ("日本語", 5, "日本…"), ("日本語", 4, "日…"),
        ("abc", 0, ""),
    ])
    func `what is too wide is cut`(text: String, places: Int, clipped: String) {
        #expect(TopText.clipped(text, to: places) == clipped)
    }

    @Test(arguments: [
        ("a b", "a b"), ("a\u{1B}[31mb", "a[31mb"), ("a\r\nb\t", "ab"), ("\u{202E}x\u{200B}", "x"), ("é日", "é日"),
        ("\u{85}\u{9B}x\u{2028}", "x"),
    ])
    func `what isn't printed is left out`(text: String, plain: String) { #expect(TopText.plain(text) == plain) }

    @Test func `a name has a longest form`() {
        #expect(TopText.plain(String(repeating: "x", count: 5000)).count == 500)
    }
}

struct TopFlagTests {
    @Test(arguments: [
        ("http://127.0.0.1:9090", "http://127.0.0.1:9090"), ("https://relay.example/ops/", "https://relay.example/ops"),
        ("http://[::1]:80//", "http://[::1]:80"),
    ])
    func `a URL is that of a relay`(text: String, url: String) throws { #expect(try Flags.relayURL(text) == url) }

    @Test(arguments: ["", "127.0.0.1", "ftp://a", "http://", "http://u@a", "http://a?b", "http://a#b", "http://a b"])
    func `others are refused`(text: String) { #expect(throws: (any Error).self) { try Flags.relayURL(text) } }
}
