internal import CommandSupport
internal import Glibc

/// Settings that can't be used: one line that says where, which, and what is allowed.
package struct SettingsFault: ReportedError, Equatable {
    package let description: String
    /// 78 for a file, 64 for a variable.
    package let exitCode: Int32

    static func file(_ place: Place, _ text: String) -> SettingsFault {
        SettingsFault(description: "\(place): \(text)", exitCode: EX_CONFIG)
    }
}

/// Where a value comes from.
package enum Place: Hashable, Sendable, CustomStringConvertible {
    case flag
    case environment(String)
    case file(String, line: Int)

    /// As it begins a complaint, and ends a line of `config`.
    package var description: String {
        switch self {
        case .flag: "flag"
        case .environment(let name): "environment \(name)"
        case .file(let path, let line): "\(path):\(line)"
        }
    }

    /// The code with which the program ends when what stands there is wrong.
    package var exitCode: Int32 {
        switch self {
        case .flag, .environment: EX_USAGE
        case .file: EX_CONFIG
        }
    }
}
