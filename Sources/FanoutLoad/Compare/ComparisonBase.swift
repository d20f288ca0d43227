import CommandSupport

/// What the relay is compared with.
enum ComparisonBase: Equatable, FlagValue {
    /// Nothing: only the relay's own figures are measured.
    case none
    /// The tool's own plain server.
    case floor
    /// Another relay, or the same one with other arguments.
    case relay(program: String)

    static let allowed = "floor, none, or the path of a relay's program, with a slash in it"

    /// Reads `floor`, `none`, or a path.
    init?(_ text: String) {
        switch text {
        case "none": self = .none
        case "floor": self = .floor
        case let path where path.contains("/"): self = .relay(program: path)
        default: return nil
        }
    }

    /// The base as written.
    var description: String {
        switch self {
        case .none: "none"
        case .floor: "floor"
        case .relay(let program): program
        }
    }

    /// Its name in tables.
    var name: String { self == .floor ? "floor" : "base" }
}
