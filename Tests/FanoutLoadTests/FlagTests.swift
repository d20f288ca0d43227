import ArgumentParser
import CommandSupport
import Testing

@testable import FanoutLoad

@Suite struct FlagTests {
    @Test(arguments: [
        ("1%", 1000, 10), ("1%", 30, 1), ("0%", 1000, 0), ("100%", 7, 7), ("0.5%", 1000, 5), ("0.001%", 10, 1),
        ("50%", 3, 2), ("10", 1000, 10), ("0", 5, 0),
    ])
    func `shares of connections`(text: String, connections: Int, count: Int) {
        #expect(Share(text)?.count(of: connections) == count)
    }

    @Test(arguments: ["", "%", "-1", "1.5", "101%", "100.001%", "1.2.3%", "a%", "1 %", "9999999999"])
    func `what is no share`(text: String) {
        #expect(Share(text) == nil)
    }

    @Test(arguments: [
        ("ws://127.0.0.1:8080/topics/tick", "127.0.0.1:8080", "/topics/tick", nil),
        ("ws://localhost", "localhost", nil, nil),
        ("ws://[::1]:9/a?b=c&d", "[::1]:9", "/a", "b=c&d"),
        ("ws://[::1]", "[::1]", nil, nil),
        ("ws://127.0.0.1?x", "127.0.0.1", nil, "x"), ("http://127.0.0.1:8/y", "127.0.0.1:8", "/y", nil),
        ("wss://relay.example.org/t", "relay.example.org", "/t", nil), ("https://a-b.c:1/t", "a-b.c:1", "/t", nil),
    ])
    func `endpoints`(text: String, host: String, path: String?, query: String?) {
        let endpoint = Endpoint(text)
        #expect(endpoint?.host == host)
        #expect(endpoint?.path == path)
        #expect(endpoint?.query == query)
    }

    @Test(arguments: [
        "", "ws://", "ftp://127.0.0.1/", "ws:///t", "ws://127.0.0.1.5/", "ws://256.0.0.1/", "ws://127.0.0.1:0/",
        "ws://127.0.0.1:65536/", "ws://127.0.0.1:x/", "ws://127.0.0.1:/", "ws://[::1/", "ws://[::1]x/", "ws://::1/",
        "ws://[127.0.0.1]/", "ws://127.0.0.1/a b", "ws://127.0.0.1/\r\nX: y", "ws://127.0.0.1/#f", "ws://u@127.0.0.1/",
    ])
    func `what is no endpoint`(text: String) {
        #expect(Endpoint(text) == nil)
    }

    @Test(arguments: [
        (ClientProtocol.plain, "ws://127.0.0.1/topics/t?x=1", "/topics/t?x=1"),
        (.payload, "ws://127.0.0.1/topics/t", "/topics/t?format=payload"),
        (.payload, "ws://127.0.0.1/topics/t?x=1", "/topics/t?x=1&format=payload"),
        (.payload, "ws://127.0.0.1/topics/t?format=payload&x=1", "/topics/t?format=payload&x=1"),
        (.graphql, "ws://127.0.0.1", "/graphql"),
        (.graphql, "ws://127.0.0.1/other", "/other"),
    ])
    func `request targets`(clientProtocol: ClientProtocol, url: String, target: String) throws {
        #expect(clientProtocol.target(for: try #require(Endpoint(url))) == target)
    }

    @Test(arguments: [
        ["ws://127.0.0.1/t", "--connections", "0"], ["ws://127.0.0.1/t", "--duration", "25h"],
        ["ws://127.0.0.1/t", "--duration", "10"], ["ws://127.0.0.1/t", "--never-read", "200"],
        ["ws://127.0.0.1/t", "--query", "subscription { t }"], ["ws://127.0.0.1/t", "--protocol", "graphql"],
        ["ws://127.0.0.1"], ["http://127.0.0.1/t"], [], ["ws://127.0.0.1/t", "ws://127.0.0.1"],
        ["ws://127.0.0.1/t", "--require", "p99 < 5ms"], ["ws://127.0.0.1/t", "--server-pid", "4194304"],
        ["ws://127.0.0.1/t", "--insecure"], ["ws://127.0.0.1/t", "--tls-ca", "x"],
        ["wss://127.0.0.1/t", "--tls-ca", "x", "--insecure"], ["ws://127.0.0.1/t", "--stage", "1s"],
        ["ws://127.0.0.1/t", "--stage", "1s:200001"], ["ws://127.0.0.1/t", "--stage", "1s:0"],
        ["ws://127.0.0.1/t", "--stage", "1s:5", "--events", "5"], ["ws://127.0.0.1/t", "--sequence-key", "a\"b"],
        ["ws://127.0.0.1/t", "--header", "no colon"], ["ws://127.0.0.1/t", "--header", "A: b\r\nC: d"],
        ["ws://127.0.0.1/t", "--protocol", "graphql", "--query", "q", "--variables", "[1]"],
        ["ws://127.0.0.1/t", "--protocol", "sse", "--ping-interval", "1s"], ["ws://127.0.0.1/t", "--id", "none"],
        ["ws://127.0.0.1/t", "--connections", "10", "--never-read", "6", "--crawl", "5"],
        ["ws://127.0.0.1/t", "--rate", "5"], ["ws://127.0.0.1/t", "--upstream", "127.0.0.1"],
        ["ws://127.0.0.1/t", "--upstream", "127.0.0.1:0", "--rate", "5", "--saturate", "5"],
        ["ws://127.0.0.1/t", "--acknowledge", "--churn", "1"], ["ws://127.0.0.1/t", "--require", "p98 < 5ms"],
        ["ws://127.0.0.1/t", "--source-addresses", "127.0.0.9-127.0.0.2"],
        ["ws://127.0.0.1/t", "--source-addresses", "10.0.0.0-10.255.0.0"],
        ["ws://127.0.0.1/t", "--token-file", "/nonexistent"], ["ws://127.0.0.1/t", "--token-file", "/dev/null"],
    ])
    func `bad flags end with 64`(arguments: [String]) {
        let complaint = Complaint(about: ["run"] + arguments, of: FanoutLoadCommand.self)
        #expect(complaint?.exitCode == 64)
        #expect(complaint?.line.contains("\n") == false)
    }

    @Test func `a bad value is answered with its option and what is allowed`() throws {
        let complaint = try #require(
            Complaint(about: ["run", "ws://127.0.0.1/t", "--duration", "soon"], of: FanoutLoadCommand.self)
        )
        #expect(complaint.line.contains("'soon'"))
        #expect(complaint.line.contains("--duration"))
        #expect(complaint.line.contains("allowed: 100ms to 24h"))
    }

    @Test(arguments: [
        ["run", "ws://127.0.0.1/t"], ["run", "ws://[::1]:1/t", "--never-read", "100%", "--connections", "5"],
        ["--help"], ["--version"],
        ["run", "ws://127.0.0.1/t", "--upstream", "127.0.0.1:0", "--saturate", "8", "--require", "p99 < 50ms"],
        ["run", "http://127.0.0.1/t", "--protocol", "sse", "--source-addresses", "127.0.0.2-127.0.0.20"],
        ["run", "ws://127.0.0.1/t", "--crawl", "1%", "--churn", "2%", "--reconnect", "500ms", "--no-ceiling"],
        ["run", "ws://127.0.0.1", "--protocol", "graphql", "--operation-name", "tick", "--id", "same", "--json"],
        ["run", "wss://relay.example.org/t", "ws://127.0.0.1/t", "--insecure", "--stage", "1m:500", "--stage", "1h:0"],
        ["run", "--url", "wss://localhost/t", "--tls-ca", "ca.pem", "--duration", "24h", "--samples", "s.jsonl"],
        ["run", "ws://127.0.0.1/t", "--timestamp-key", "at", "--require", "p99 < 5ms"],
        ["run", "ws://127.0.0.1/t", "--protocol", "payload", "--sequence-key", "none", "--header", "A: b"],
    ])
    func `good flags earn no complaint`(arguments: [String]) {
        #expect(Complaint(about: arguments, of: FanoutLoadCommand.self)?.line == nil)
    }

    @Test func `the version is that of both programs`() {
        let exit = #expect(throws: (any Error).self) { try FanoutLoadCommand.parseAsRoot(["--version"]) }
        #expect(exit.map { FanoutLoadCommand.message(for: $0) } == Version.current)
    }

    @Test(arguments: [
        ("--duration", "(100ms to 24h; default: 10s)"), ("--connections", "(1 to 200000; default: 100)"),
        ("--never-read", "(default: 0)"), ("--rate", "(1 to 1000000; default: 50)"),
        ("--reconnect", "(10ms to 10m)"), ("--protocol", "(values: plain, payload, graphql, sse; default: plain)"),
    ])
    func `the help names a flag's range and its default`(flag: String, notes: String) {
        let help = RunCommand.helpMessage(columns: 400)
        let line = help.split(separator: "\n").first { $0.contains("\(flag) <") }
        let next = help.split(separator: "\n").drop { !$0.contains("\(flag) <") }.prefix(2).joined()
        #expect(line?.hasSuffix(notes) == true || next.hasSuffix(notes), "\(next)")
    }

    @Test func `connections that never read are spread evenly and counted exactly`() throws {
        let plan = try LoadPlan.sample(connections: 1000, neverReading: 10)
        let indices = (0..<1000).filter { plan.role(of: $0) == .neverReads }
        #expect(indices == (1...10).map { 100 * $0 - 1 })
    }
}
