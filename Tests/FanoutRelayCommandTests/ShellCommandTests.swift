import Testing

@testable import FanoutRelayCommand

@Suite(.timeLimit(.minutes(1)))
struct ShellCommandTests {
    @Test func `what a command prints comes back whole`() async throws {
        let command = ShellCommand(text: "printf 'a%.0s' $(seq 1 5000); echo $((1 + 1))", outputLimit: 5002)
        let output = try await command.output(within: .seconds(50))
        #expect(output == Array((String(repeating: "a", count: 5000) + "2\n").utf8))
    }

    @Test(arguments: [
        ("exit 3", ShellCommand.Failure.exited(code: 3)),
        ("kill -9 $$", .killed(signal: 9)),
        ("/nowhere/at-all", .exited(code: 127)),
        ("while :; do echo many; done", .tooMuch(limit: 100)),
    ])
    func `a command that fails says how`(text: String, failure: ShellCommand.Failure) async {
        await #expect(throws: failure) {
            try await ShellCommand(text: text, outputLimit: 100).output(within: .seconds(50))
        }
    }

    @Test func `a command that takes too long is killed with its children`() async throws {
        let command = ShellCommand(text: "sleep 3600 & echo $!; wait", outputLimit: 100)
        let limit = Duration.milliseconds(300)
        await #expect(throws: ShellCommand.Failure.tooLong(limit: limit)) { try await command.output(within: limit) }
    }

    @Test func `a process left behind in the background delays nobody`() async throws {
        let command = ShellCommand(text: "sleep 3 & echo done", outputLimit: 100)
        #expect(try await command.output(within: .seconds(2)) == Array("done\n".utf8))
    }

    @Test func `a cancelled task kills its command`() async {
        let task = Task { try await ShellCommand(text: "sleep 3600", outputLimit: 1).output(within: .seconds(3600)) }
        task.cancel()
        await #expect(throws: ShellCommand.Failure.cancelled) { try await task.value }
    }

    @Test func `a command gets no input, and what it complains of goes nowhere`() async throws {
        let command = ShellCommand(
            text: "cat; echo secret >&2; readlink /proc/self/fd/0 /proc/self/fd/2",
            outputLimit: 100
        )
        #expect(try await command.output(within: .seconds(50)) == Array("/dev/null\n/dev/null\n".utf8))
    }
}
