internal import GraphQLSession
package import Logging

/// A log handler that removes line ends and other control characters from what is logged.
///
/// Clients and servers choose some of the text: a close reason, a path, an error. They must not be able to forge log
/// lines or to move a terminal's cursor.
package struct OneLineLogHandler: LogHandler {
    private var handler: any LogHandler

    init(_ handler: any LogHandler) { self.handler = handler }

    package var metadata: Logger.Metadata {
        get { handler.metadata }
        set { handler.metadata = newValue }
    }

    package var metadataProvider: Logger.MetadataProvider? {
        get { handler.metadataProvider }
        set { handler.metadataProvider = newValue }
    }

    package var logLevel: Logger.Level {
        get { handler.logLevel }
        set { handler.logLevel = newValue }
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { handler[metadataKey: key] }
        set { handler[metadataKey: key] = newValue.map(Self.onOneLine) }
    }

    package func log(event: LogEvent) {
        var event = event
        event.message = "\(event.message.description.onOneLine)"
        event.metadata = event.metadata?.mapValues(Self.onOneLine)
        handler.log(event: event)
    }

    private static func onOneLine(_ value: Logger.MetadataValue) -> Logger.MetadataValue {
        switch value {
        case .string(let text): .string(text.onOneLine)
        case .stringConvertible(is any BinaryInteger): value
        case .stringConvertible(let value): .string(value.description.onOneLine)
        case .dictionary(let values): .dictionary(values.mapValues(onOneLine))
        case .array(let values): .array(values.map(onOneLine))
        }
    }
}

extension Logger {
    /// The same logger, which writes every message and value on one line.
    package var onOneLine: Logger {
        guard !(handler is OneLineLogHandler) else { return self }
        var logger = self
        logger.handler = OneLineLogHandler(handler)
        return logger
    }
}
