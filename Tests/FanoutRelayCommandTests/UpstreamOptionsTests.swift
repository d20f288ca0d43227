import ArgumentParser
import GraphQLSession
import GraphQLTransport
import Testing

@testable import FanoutRelayCommand

struct UpstreamOptionsTests {
    private func configuration(_ arguments: [String]) throws -> SessionConfiguration {
        try UpstreamOptions.parse(arguments).configuration()
    }

    @Test func `without flags the defaults are the session's`() throws {
        let given = try configuration([])
        #expect(given.closeCodes == CloseCodePolicy())
        #expect(given.stableAfter == .seconds(10))
        #expect(given.fatalPause == .seconds(60))
    }

    @Test func `close codes are made fatal or retried, each flag as often as one likes`() throws {
        let flags = ["--retry-close-code", "4401", "--fatal-close-code", "1011", "--retry-close-code=1008"]
        let codes = try configuration(flags + ["--fatal-close-code", "4999"]).closeCodes
        let verdicts = [4401, 1008, 1011, 4999, 1001].map { codes[CloseCode(rawValue: $0)] }
        #expect(verdicts == [.retry, .retry, .fatal, .fatal, .retry])
    }

    @Test func `a code in both flags is refused in one line`() throws {
        let options = try UpstreamOptions.parse(["--retry-close-code", "4401", "--fatal-close-code", "4401"])
        let expected = "--fatal-close-code 4401: allowed: codes that --retry-close-code doesn't name"
        let failure = #expect(throws: Failure.self) { try options.configuration() }
        #expect(failure?.line == expected)
        #expect(failure?.exitCode == 64)
    }

    @Test(arguments: ["--retry-close-code", "--fatal-close-code"], ["999", "5000", "x", ""])
    func `what is no close code is refused with what is allowed`(flag: String, value: String) {
        let error = #expect(throws: (any Error).self) { try UpstreamOptions.parse([flag, value]) }
        let message = error.map { UpstreamOptions.message(for: $0) } ?? ""
        #expect(message.contains(flag) && message.contains("1000") && message.contains("4999"), "\(message)")
    }

    @Test func `a certificate for the server comes with its key`() throws {
        let file = #filePath
        #expect(try configuration([]).clientIdentity == nil)
        let identity = try configuration(["--upstream-certificate", file, "--upstream-key", file]).clientIdentity
        #expect(identity == ClientIdentity(certificateFile: file, keyFile: file))
        for (flags, named, code) in [
            (["--upstream-key", file], "--upstream-key", 64),
            (["--upstream-certificate", file], "--upstream-certificate", 64),
            (["--upstream-certificate", file, "--upstream-key", file + ".missing"], "--upstream-key", 78),
            (["--upstream-certificate", file + ".missing", "--upstream-key", file], "--upstream-certificate", 78),
        ] {
            let failure = #expect(throws: Failure.self) { try configuration(flags) }
            #expect(failure?.line.hasPrefix("\(named)") == true, "\(String(describing: failure))")
            #expect(failure?.exitCode == Int32(code))
        }
    }

    @Test func `how long a link has to stay can be told`() throws {
        #expect(try configuration(["--stable-after", "2m"]).stableAfter == .seconds(120))
        for value in ["0s", "25h", "soon"] {
            let error = #expect(throws: (any Error).self) { try UpstreamOptions.parse(["--stable-after", value]) }
            #expect(error.map { UpstreamOptions.message(for: $0) }?.contains("--stable-after") == true)
        }
    }
}
