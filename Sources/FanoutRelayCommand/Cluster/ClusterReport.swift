import FanoutRelay
import Glibc

/// What `check` says of the group that a relay would be one of.
struct ClusterReport {
    /// One for each thing that is as it should be, or that doesn't keep the relay out of the group.
    let lines: [String]
    /// What does.
    let failure: Failure?

    init(_ findings: [ClusterFinding], of cluster: ClusterConfiguration) {
        let title = "group \(cluster.name)"
        lines = findings.compactMap { finding in
            switch finding.severity {
            case .note: "\(title): \(finding.text)"
            case .warning: "\(title): warning: \(finding.text)"
            case .fault: nil
            }
        }
        let faults = findings.filter { $0.severity == .fault }.map(\.text)
        failure =
            faults.isEmpty
            ? nil : Failure(line: "--cluster: \(faults.joined(separator: "; "))", exitCode: EX_UNAVAILABLE)
    }
}
