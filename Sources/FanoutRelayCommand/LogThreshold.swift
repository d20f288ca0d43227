import Logging
import Synchronization

/// The least severe level that is logged, which may change while all loggers are in use.
final class LogThreshold: Sendable {
    private let place: Atomic<Int>

    init(_ level: Logger.Level) { place = Atomic(Self.place(of: level)) }

    var level: Logger.Level { Logger.Level.allCases[place.load(ordering: .relaxed)] }

    func set(_ level: Logger.Level) { place.store(Self.place(of: level), ordering: .relaxed) }

    private static func place(of level: Logger.Level) -> Int { Logger.Level.allCases.firstIndex(of: level) ?? 0 }
}

/// A log handler that goes by a threshold, unless its logger is given a level of its own.
struct ThresholdLogHandler: LogHandler {
    private var handler: any LogHandler
    private let threshold: LogThreshold
    private var ownLevel: Logger.Level?

    init(_ handler: any LogHandler, _ threshold: LogThreshold) {
        self.handler = handler
        self.threshold = threshold
        self.handler.logLevel = .trace
    }

    var logLevel: Logger.Level {
        get { ownLevel ?? threshold.level }
        set { ownLevel = newValue }
    }

    var metadata: Logger.Metadata {
        get { handler.metadata }
        set { handler.metadata = newValue }
    }

    var metadataProvider: Logger.MetadataProvider? {
        get { handler.metadataProvider }
        set { handler.metadataProvider = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { handler[metadataKey: key] }
        set { handler[metadataKey: key] = newValue }
    }

    func log(event: LogEvent) { handler.log(event: event) }
}
