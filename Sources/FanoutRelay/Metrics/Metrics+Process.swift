internal import Synchronization
internal import WebSockets

extension Metrics {
    /// What was built, and what the process uses; the names that begin with `process_` are those of Prometheus' own
    /// libraries.
    static let process: [MetricFamily] = [
        MetricFamily(
            name: "fanout_build_info",
            kind: .gauge,
            help: "1; the labels say which version this is, and what it was made with."
        ) { [.init(labels: BuildInformation.labels(version: $0.version), value: "1")] },
        MetricFamily(
            name: "fanout_loop_cpu_seconds_total",
            kind: .counter,
            help: "Processor time that the thread of each event loop has used: a thread that uses a second each second "
                + "is at its end."
        ) { statistics in
            statistics.loops.withLock { $0 }.compactMap { loop in
                loop.threadTime.map { .init(label: ("loop", loop.name), value: "\($0 / .seconds(1))") }
            }
        },
        ofProcess("process_cpu_seconds_total", .counter, "Processor time that the process has used, in seconds.") {
            "\($0.processorTime)"
        },
        ofProcess("process_resident_memory_bytes", .gauge, "Memory of the process that is resident.") {
            "\($0.residentBytes)"
        },
        ofProcess("process_virtual_memory_bytes", .gauge, "Memory that the process has mapped.") {
            "\($0.virtualBytes)"
        },
        ofProcess("process_threads", .gauge, "Threads of the process.") { "\($0.threads)" },
        .relay("process_open_fds", .gauge, "Descriptors that the process has open.") { _ in DescriptorLimit.open },
        .relay("process_max_fds", .gauge, "Descriptors that the process may have open.") { _ in
            DescriptorLimit.current
        },
        MetricFamily(
            name: "process_start_time_seconds",
            kind: .gauge,
            help: "When the process was started, in seconds since 1970."
        ) { _ in ProcessStatus.startTime.map { [.init(value: "\($0)")] } },
    ]

    private static func ofProcess(
        _ name: String,
        _ kind: MetricFamily.Kind,
        _ help: String,
        _ value: @escaping @Sendable (ProcessStatus) -> String
    ) -> MetricFamily {
        MetricFamily(name: name, kind: kind, help: help) { _ in
            ProcessStatus.current.map { [.init(value: value($0))] }
        }
    }
}
