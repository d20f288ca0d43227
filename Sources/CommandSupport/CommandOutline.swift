package import ArgumentParser
internal import FoundationEssentials
internal import Synchronization

/// What a command says of itself: its flags, read off its own declarations.
package struct CommandOutline: Sendable {
    /// A flag that is given with two dashes.
    package struct Flag: Sendable {
        /// How values are given.
        package enum Kind: Sendable {
            /// Without one.
            case flag
            /// One value.
            case one
            /// Any number of values.
            case many
        }

        /// Without the dashes.
        package let name: String
        package let kind: Kind
        /// What the help calls a value, such as `file`; empty without one.
        package let valueName: String
        /// The section of the help in which it stands.
        package let section: String
        /// What the help says of it.
        package let help: String
    }

    /// In the order of the help.
    ///
    /// A flag that can be taken back is among them twice: as itself, and with `no-` in front.
    package let flags: [Flag]

    /// Those of commands that were asked for: it takes a large part of a program's start to read them.
    private static let known = Mutex<[ObjectIdentifier: CommandOutline]>([:])

    package init(of command: (some ParsableCommand).Type) {
        let id = ObjectIdentifier(command)
        if let outline = Self.known.withLock({ $0[id] }) {
            self = outline
            return
        }
        let dump = try? JSONDecoder().decode(Dump.self, from: Data(command._dumpHelp().utf8))
        flags = (dump?.command.arguments ?? []).compactMap(\.flag)
        let outline = self
        Self.known.withLock { $0[id] = outline }
    }

    package func flag(named name: String) -> Flag? { flags.first { $0.name == name } }

    /// Those of `flags` that aren't the reverse of another.
    package var settable: [Flag] {
        let names = Set(flags.map(\.name))
        return flags.filter { flag in
            !(flag.kind == .flag && flag.name.hasPrefix("no-") && names.contains(String(flag.name.dropFirst(3))))
        }
    }
}

/// What a command says of itself as JSON, as far as it is needed here.
private struct Dump: Decodable {
    struct Command: Decodable { let arguments: [Argument]? }

    struct Argument: Decodable {
        struct Name: Decodable {
            let kind: String
            let name: String
        }

        let kind: String
        let names: [Name]?
        let isRepeating: Bool
        let valueName: String?
        let sectionTitle: String?
        let abstract: String?

        var flag: CommandOutline.Flag? {
            guard let name = names?.first(where: { $0.kind == "long" })?.name else { return nil }
            return CommandOutline.Flag(
                name: name,
                kind: kind == "flag" ? .flag : isRepeating ? .many : .one,
                valueName: valueName ?? "",
                section: sectionTitle ?? "",
                help: abstract ?? ""
            )
        }
    }

    let command: Command
}
