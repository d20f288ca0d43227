import ArgumentParser
import CommandSupport
import Testing

@testable import FanoutRelayCommand

struct HelpTests {
    private static let commands: [any BrieflyHelped.Type] = [
        ServeCommand.self, CheckCommand.self, ConsoleCommand.self, DemoCommand.self, ConfigCommand.self,
    ]

    @Test(arguments: commands.indices)
    func `the brief help fits on a screen, and names flags that there are`(index: Int) {
        let command = Self.commands[index]
        let lines = command.briefHelp(of: "fanout-relay \(command._commandName)").split(
            separator: "\n",
            omittingEmptySubsequences: false
        )
        #expect(lines.count <= 40, "\(lines.count)")
        #expect(lines.allSatisfy { $0.count <= 80 }, "\(lines.filter { $0.count > 80 })")
        for flag in command.mostUsedFlags {
            #expect(lines.count { $0.hasPrefix("  --\(flag)") } >= 1, "\(flag)")
        }
        #expect(command.example.split(separator: "\n").last?.contains("\\") == false)
    }

    @Test func `the program's own help breaks no example`() {
        let lines = FanoutRelayCommand.helpMessage(columns: 80).split(separator: "\n")
        #expect(lines.contains(#"  fanout-relay serve --upstream ws://localhost:4000/graphql \"#))
        #expect(lines.count <= 40)
    }
}
