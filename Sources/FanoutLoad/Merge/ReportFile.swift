import CommandSupport
import FoundationEssentials
import Glibc

/// A file with the report of a run, read and checked.
struct ReportFile {
    /// A file that can't be used, and what is wrong with it.
    struct Failure: ReportedError {
        let description: String
        var exitCode: Int32 { EX_CONFIG }

        init(_ name: String, _ words: String) {
            description = "\(name): \(words)"
        }
    }

    /// Many times what a run with the most connections writes.
    static let limit = 16 << 20

    private static let allowed = "allowed: what fanout-load run --json prints"

    /// What messages call it.
    let name: String
    let summary: Summary

    /// Reads a file, or standard input if it is `-`.
    init(path: String) throws(Failure) {
        let name = Self.name(of: path)
        let isInput = path == "-"
        guard
            let bytes = isInput
                ? SmallFile.bytes(from: STDIN_FILENO, limit: Self.limit) : SmallFile.bytes(path, limit: Self.limit)
        else { throw Failure(name, errno == 0 ? "it has more than 16 MiB" : SystemError.words(for: errno)) }
        try self.init(name: name, text: bytes)
    }

    /// Reads the text of a report.
    init(name: String, text: [UInt8]) throws(Failure) {
        self.name = name
        let data = Data(text)
        let kind = try Self.decode(RunReport.Kind.self, data, name)
        switch kind.kind {
        case "run": break
        case "merge":
            throw Failure(name, "it has been merged already; allowed: the reports of all runs in one call")
        default:
            throw Failure(name, "it isn't the report of a run; \(Self.allowed)")
        }
        guard kind.format == SummaryJSON.format else {
            throw Failure(name, "its format is \(kind.format); allowed: \(SummaryJSON.format), of this version")
        }
        let report = try Self.decode(RunReport.self, data, name)
        do throws(RunReport.Mistake) {
            summary = try report.summary()
        } catch {
            throw Failure(name, error.description)
        }
    }

    private static func name(of path: String) -> String { path == "-" ? "standard input" : "'\(path)'" }

    private static func decode<Value: Decodable>(
        _ type: Value.Type,
        _ data: Data,
        _ name: String
    ) throws(Failure) -> Value {
        do {
            return try JSONDecoder().decode(type, from: data)
        } catch {
            if isMistakeInText(error), let line = JSONFault.line(in: Array(data)) {
                throw Failure(place(line, in: name), "it isn't JSON; \(allowed)")
            }
            throw Failure(name, "\(words(of: error, data)); \(allowed)")
        }
    }

    /// A line of a file, such as `'a.json:3'`.
    private static func place(_ line: Int, in name: String) -> String {
        name.hasSuffix("'") ? "\(name.dropLast()):\(line)'" : "\(name):\(line)"
    }

    private static func isMistakeInText(_ error: any Error) -> Bool {
        if case .dataCorrupted(let context)? = error as? DecodingError { context.codingPath.isEmpty } else { false }
    }

    private static func words(of error: any Error, _ data: Data) -> String {
        switch error as? DecodingError {
        case .keyNotFound(let key, let context): "\(place(context.codingPath + [key])) is missing"
        case .valueNotFound(_, let context): "\(place(context.codingPath)) is null"
        case .typeMismatch(_, let context): "\(place(context.codingPath)) is of another type"
        // The decoder takes a number that doesn't fit for a mistake in the text, and names no place.
        case .dataCorrupted where isMistakeInText(error):
            isJSON(data) ? "one of its numbers is out of range" : "its values are nested too deeply"
        case .dataCorrupted(let context): "\(place(context.codingPath)) is too much"
        default: "it can't be read"
        }
    }

    private static func isJSON(_ data: Data) -> Bool {
        struct Anything: Decodable {
            init(from decoder: any Decoder) {}
        }
        return (try? JSONDecoder().decode(Anything.self, from: data)) != nil
    }

    /// Where a value stands, such as `deliveries.readers[3]`.
    private static func place(_ path: [any CodingKey]) -> String {
        guard !path.isEmpty else { return "the whole" }
        var place = ""
        for key in path {
            if let index = key.intValue {
                place += "[\(index)]"
            } else {
                place += (place.isEmpty ? "" : ".") + key.stringValue
            }
        }
        return place
    }
}
