extension CommandOutline {
    /// The complaint about a flag that takes one value and is given two that differ, or is given and taken back; nil
    /// when there is none.
    ///
    /// The parser alone would take the last one, so that a forgotten flag in a long command line is never noticed.
    ///
    /// - Parameter words: Those of the command line behind the command's name.
    package func contradiction(in words: some Collection<String>) -> String? {
        var given: [String: String] = [:]
        var words = Array(words)[...]
        while let word = words.popFirst(), word != "--" {
            guard word.hasPrefix("--") else { continue }
            let parts = word.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let flag = flag(named: String(parts[0])) else { continue }
            var value = parts.count > 1 ? String(parts[1]) : nil
            if flag.kind != .flag, value == nil { value = words.popFirst() }
            guard flag.kind != .many else { continue }
            let isTakenBack = flag.kind == .flag && flag.name.hasPrefix("no-")
            let key =
                isTakenBack && self.flag(named: String(flag.name.dropFirst(3))) != nil
                ? String(flag.name.dropFirst(3)) : flag.name
            let meaning = flag.kind == .flag ? flag.name : value ?? ""
            guard let former = given.updateValue(meaning, forKey: key), former != meaning else { continue }
            return Self.complaint(about: flag, key, former, meaning)
        }
        return nil
    }

    private static func complaint(about flag: Flag, _ key: String, _ former: String, _ value: String) -> String {
        guard flag.kind == .one else { return "--\(key): given and taken back by --no-\(key); allowed: one of the two" }
        // What may be a credential isn't repeated to where others see it.
        guard !["json|@file", "command", "url"].contains(flag.valueName) else {
            return "--\(key): given twice with different values; allowed: one value"
        }
        return "--\(key) '\(value)': given before as '\(former)'; allowed: one value"
    }
}
