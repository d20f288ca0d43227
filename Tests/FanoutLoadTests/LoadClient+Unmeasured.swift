@testable import FanoutLoad

extension LoadClient {
    /// Takes received bytes where nothing is measured.
    mutating func receive(_ chunk: Span<UInt8>, script: ClientScript) {
        var measurements = Measurements(latency: LatencyRecorder(key: nil))
        receive(chunk, script: script, into: &measurements)
    }
}
