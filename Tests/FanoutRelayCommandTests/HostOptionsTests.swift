import ArgumentParser
import FanoutRelay
import GraphQLSession
import Testing

@testable import FanoutRelayCommand

/// By which names a relay is asked for.
struct HostOptionsTests {
    private func configuration(_ arguments: String...) throws -> Configuration {
        var configuration = Configuration(upstream: try Endpoint(parsing: "ws://localhost"), topics: [], shards: 1)
        try DownstreamOptions.parse(arguments).apply(to: &configuration)
        return configuration
    }

    @Test func `no name is given by default, and each one that is counts`() throws {
        #expect(try configuration().admission.allowedHosts.isEmpty)
        let several = try configuration(
            "--allow-host",
            "Relay.example.org",
            "--allow-host",
            "relay.",
            "--allow-host",
            "a_b-c"
        )
        #expect(several.admission.allowedHosts == ["relay.example.org", "relay", "a_b-c"])
    }

    @Test(arguments: [
        "", ".", "*", "*.example.org", "relay:8080", "http://relay", "relay/", "a b", "relay..lan", "[::1]",
        "rel\u{E4}y",
        String(repeating: "a", count: 254),
    ])
    func `a name that no Host header has is refused in one line`(name: String) throws {
        let error = #expect(throws: (any Error).self) { try DownstreamOptions.parse(["--allow-host", name]) }
        let line = try DownstreamOptions.message(for: #require(error))
        #expect(line.contains("--allow-host"))
        #expect(line.contains("allowed: a name such as relay.example.org"))
        #expect(try DownstreamOptions.exitCode(for: #require(error)).rawValue == 64)
    }

    @Test func `the start line says when any name will do`() {
        #expect(
            "\(StartLine(address: "http://127.0.0.1:8080", checksHost: true))" == "listening on http://127.0.0.1:8080"
        )
        #expect(
            "\(StartLine(address: "http://0.0.0.0:8080", checksHost: false))"
                == "listening on http://0.0.0.0:8080 (by any name; --allow-host NAME refuses others)"
        )
        #expect(
            "\(StartLine(address: "http://0.0.0.0:8080", checksHost: true, isOpenToOthers: true))"
                == "listening on http://0.0.0.0:8080 (to everybody, without a token)"
        )
    }
}
