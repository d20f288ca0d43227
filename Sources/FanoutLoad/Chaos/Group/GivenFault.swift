import CommandSupport

/// A fault of the operator's: `kill=systemctl kill relay`, run by a shell.
struct GivenFault: FlagValue, Equatable {
    static let allowed = "NAME=COMMAND, with a NAME of small letters, digits and hyphens"

    let name: String
    let command: String
    var description: String { "\(name)=\(command)" }

    init?(_ text: String) {
        guard let equals = text.firstIndex(of: "=") else { return nil }
        let command = text[text.index(after: equals)...]
        guard FaultName.isValid(text[..<equals]), !command.allSatisfy(\.isWhitespace) else { return nil }
        name = String(text[..<equals])
        self.command = String(command)
    }
}
