import GraphQLTransport
import Logging

/// Writes each entry of the log as one line.
struct LineLogHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    var logLevel = Logger.Level.info

    private let label: String
    private let format: LogFormat
    private let clock: @Sendable () -> LogTime
    private let write: @Sendable (String) -> Void

    /// - Parameter write: Takes a line with its end, on any thread.
    init(
        label: String,
        format: LogFormat,
        clock: @escaping @Sendable () -> LogTime = { .now },
        write: @escaping @Sendable (String) -> Void
    ) {
        self.label = label
        self.format = format
        self.clock = clock
        self.write = write
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var metadata = metadata
        metadata.merge(metadataProvider?.get() ?? [:]) { _, newer in newer }
        metadata.merge(event.metadata ?? [:]) { _, newer in newer }
        if let error = event.error { metadata["error"] = "\("\(error)".onOneLine)" }
        switch format {
        case .text: write(text(of: event, metadata))
        case .json: write(json(of: event, metadata))
        }
    }

    private func text(of event: LogEvent, _ metadata: Logger.Metadata) -> String {
        var line = "\(clock().inLocalTime) \(event.level) \(label):"
        for (key, value) in Self.flattened(metadata) { line += " \(key)=\(value)" }
        return line + " [\(event.source)] \(event.message)\n"
    }

    /// The members of dictionaries have names such as `limits.memory`.
    private static func flattened(_ metadata: Logger.Metadata) -> [(String, Logger.MetadataValue)] {
        metadata.sorted { $0.key < $1.key }.flatMap { key, value in
            guard case .dictionary(let members) = value else { return [(key, value)] }
            return flattened(members).map { ("\(key).\($0)", $1) }
        }
    }

    /// What the relay says stands in members of its own, and what belongs to the message in `metadata`, so that no name
    /// occurs twice.
    private func json(of event: LogEvent, _ metadata: Logger.Metadata) -> String {
        var line = "{\"time\":\"\(clock().inUTC)\",\"level\":\"\(event.level)\""
        line += ",\"label\":\(label.asJSON),\"component\":\(event.source.asJSON)"
        line += ",\"message\":\(event.message.description.asJSON)"
        if !metadata.isEmpty { line += ",\"metadata\":\(metadata.asJSON)" }
        return line + "}\n"
    }
}

extension Logger.Metadata {
    /// An object, with its members in the order of their names.
    fileprivate var asJSON: String {
        let members = sorted { $0.key < $1.key }.map { "\($0.key.asJSON):\($0.value.asJSON)" }
        return "{\(members.joined(separator: ","))}"
    }
}

extension Logger.MetadataValue {
    /// Whole numbers stay numbers; what isn't text, a list or a dictionary is its description.
    fileprivate var asJSON: String {
        switch self {
        case .string(let text): text.asJSON
        case .stringConvertible(let value as any BinaryInteger): value.description
        case .stringConvertible(let value): value.description.asJSON
        case .dictionary(let values): values.asJSON
        case .array(let values): "[\(values.map(\.asJSON).joined(separator: ","))]"
        }
    }
}

extension String {
    fileprivate var asJSON: String { String(decoding: JSONString.encode(self), as: UTF8.self) }
}
