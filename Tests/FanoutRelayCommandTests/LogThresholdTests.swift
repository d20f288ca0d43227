import Logging
import Testing

@testable import FanoutRelayCommand

struct LogThresholdTests {
    @Test func `all loggers go by it at once, but for those with a level of their own`() {
        let threshold = LogThreshold(.info)
        let first = Logger(label: "first") { _ in ThresholdLogHandler(SwiftLogNoOpLogHandler(), threshold) }
        var second = first
        second.logLevel = .error
        #expect((first.logLevel, second.logLevel) == (.info, .error))
        for level in Logger.Level.allCases {
            threshold.set(level)
            #expect((first.logLevel, second.logLevel) == (level, .error))
        }
    }
}
