import AccessTokens
import ArgumentParser
import FanoutRelay
import GraphQLSession
import Testing

@testable import FanoutRelayCommand

/// Who may enter, as flags say it.
struct AccessOptionsTests {
    private static func configuration(_ arguments: String...) throws -> Configuration {
        var configuration = Configuration(upstream: try Endpoint(parsing: "ws://localhost"), topics: [], shards: 1)
        try AccessOptions.parse(arguments).apply(to: &configuration)
        return configuration
    }

    @Test func `nothing is fetched or asked by default`() throws {
        let configuration = try Self.configuration()
        #expect(configuration.authorizer.isOpen)
        #expect(configuration.keySet == nil && configuration.hook == nil)
    }

    @Test func `a key set has a place, and so has a hook with its limits`() throws {
        let configuration = try Self.configuration(
            "--jwks-url",
            "https://id.example/keys",
            "--auth-hook",
            "http://[::1]:8000/who",
            "--auth-hook-timeout",
            "500ms",
            "--auth-hook-concurrency",
            "4",
            "--auth-hook-cache",
            "1m"
        )
        #expect(!configuration.authorizer.isOpen)
        #expect(configuration.keySet == KeySetLocation(url: "https://id.example/keys"))
        var hook = HookLocation(url: "http://[::1]:8000/who")
        hook.line.timeout = .milliseconds(500)
        hook.line.concurrency = 4
        hook.cache.allowed = 60
        #expect(configuration.hook == hook)
        #expect(hook.cache.refused == 5)
    }

    @Test func `where admissions count for less, refusals do too`() throws {
        let hook = try Self.configuration("--auth-hook", "https://a/", "--auth-hook-cache", "1s").hook
        #expect(hook?.cache.refused == 1)
    }

    @Test(
        arguments: ["--jwks-url", "--auth-hook"],
        [
            "", "x", "http://example.org/", "http://10.0.0.1/", "http://localhost.example.org/", "ftp://localhost/",
            "https://user:secret@example.org/", "https://", "https:///keys", "https://a b/", "httpsx://localhost/",
            "https://example.org/" + String(repeating: "a", count: 2048),
        ]
    )
    func `a URL that strangers could read or answer for is refused`(flag: String, url: String) throws {
        let error = #expect(throws: (any Error).self) { try AccessOptions.parse([flag, url]) }
        let line = try AccessOptions.message(for: #require(error))
        #expect(line.contains(flag) && line.contains("allowed: a URL of https, or of http on a loopback address"))
        #expect(try AccessOptions.exitCode(for: #require(error)).rawValue == 64)
    }
}
