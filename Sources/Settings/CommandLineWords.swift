/// The flags among the words of a command line, as far as settings need them.
struct CommandLineWords {
    /// Flags with their values behind `=`, or else the word behind them.
    private let flags: [(name: String, value: String?, next: String?)]

    init(_ words: [String]) {
        var flags: [(name: String, value: String?, next: String?)] = []
        for (place, word) in words.enumerated() {
            // What is behind this word is no flag any more.
            if word == "--" { break }
            guard word.hasPrefix("--") else { continue }
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            flags.append(
                (
                    name: String(parts[0]),
                    value: parts.count > 1 ? String(parts[1]) : nil,
                    next: place + 1 < words.count ? words[place + 1] : nil
                )
            )
        }
        self.flags = flags
    }

    func has(_ name: String) -> Bool { flags.contains { $0.name == name } }

    /// The value of the last flag of a name, which takes one.
    func last(_ name: String) -> String? { flags.last { $0.name == name }.flatMap { $0.value ?? $0.next } }

    /// The values of a setting, in their order.
    func values(of setting: Setting) -> [String] {
        flags.compactMap { flag in
            switch (setting.kind, flag.name) {
            case (.flag, "--\(setting.key)"): "true"
            case (.flag, "--no-\(setting.key)"): "false"
            case (.one, "--\(setting.key)"), (.many, "--\(setting.key)"): flag.value ?? flag.next
            default: nil
            }
        }
    }
}
