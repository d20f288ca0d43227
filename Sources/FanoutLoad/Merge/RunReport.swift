/// The JSON of a run as `SummaryJSON` writes it, as far as it is needed to put several together.
struct RunReport: Decodable {
    /// What says whether the rest can be read.
    struct Kind: Decodable {
        var kind: String
        var format: Int
    }

    /// Two integers in an array.
    struct Pair<Number: Decodable & Equatable>: Decodable, Equatable {
        var first: Number
        var second: Number

        init(from decoder: any Decoder) throws {
            var numbers = try decoder.unkeyedContainer()
            first = try numbers.decode(Number.self)
            second = try numbers.decode(Number.self)
            guard numbers.isAtEnd else {
                throw DecodingError.dataCorruptedError(in: numbers, debugDescription: "It has more than two numbers.")
            }
        }
    }

    struct Terms: Decodable {
        var events: UInt64?
        var sequenceKey: String?
        var timestampKey: String?
        var expectedIntervalMicroseconds: UInt64?
        var reconnects: Bool
        var pings: Bool
    }

    struct Connections: Decodable {
        var asked: Int
        var neverReading: Int
        var crawling: Int
        var churning: Int
        var reopened: Int
        var opened: Int
        var refused: [String: Int]
        var readersClosed: [String: Int]
        var slowClosed: [String: Int]
    }

    struct Deliveries: Decodable {
        var total: UInt64
        var perSecond: Double
        var bytes: UInt64
        var megabytesPerSecond: Double
        var measured: UInt64
        var readers: [Pair<UInt64>]
    }

    struct Latency: Decodable {
        struct Histogram: Decodable {
            var max: UInt64
            var counts: [Pair<UInt64>]
        }

        var histogram: Histogram
    }

    struct Times: Decodable {
        var read: UInt64
        var missing: UInt64
        var early: UInt64
    }

    struct Sequence: Decodable {
        var lost: UInt64
        var duplicated: UInt64
        var reordered: UInt64
        var gaps: UInt64
        var skipped: UInt64
        var restarts: UInt64
    }

    struct Frames: Decodable {
        var unnumbered: UInt64
        var unreadable: UInt64
        var misaddressed: UInt64
        var operationErrors: UInt64
        var completions: UInt64
        var brokenConnections: Int
    }

    struct Pings: Decodable {
        var sent: UInt64
        var answered: UInt64
        var wrong: UInt64
    }

    struct Processor: Decodable {
        var user: Double
        var system: Double
    }

    struct Server: Decodable {
        struct Opening: Decodable {
            var connections: Int
            var cpuMicroseconds: Pair<Int64>
            var residentBytes: Pair<Int>
        }

        var pid: Int32
        var host: String
        var cpuMicroseconds: Pair<Int64>
        var opening: Opening?
    }

    var interrupted: Bool
    var url: String
    var `protocol`: String
    var terms: Terms
    var startedAtMicroseconds: Int64?
    var seconds: Double
    var rampSeconds: Double
    var connections: Connections
    var deliveries: Deliveries
    var latency: Latency?
    var times: Times
    var sequence: Sequence
    var frames: Frames
    var firstError: String
    var pings: Pings
    var cpu: Processor
    var server: Server?
    var eventsMade: UInt64?
    var throttled: UInt64
    var stalls: UInt64
}
