import FanoutRelay
import Testing

@testable import FanoutRelayCommand

/// What `check` says of a group.
struct ClusterReportTests {
    private static let cluster = ClusterConfiguration(servers: [], node: "one")

    @Test func `what doesn't keep a relay out is reported line by line`() {
        let findings = [ClusterFinding(.note, "connected to a:1"), ClusterFinding(.warning, "b:2 is lost")]
        let report = ClusterReport(findings, of: Self.cluster)
        #expect(report.lines == ["group fanout: connected to a:1", "group fanout: warning: b:2 is lost"])
        #expect(report.failure == nil)
    }

    @Test func `what does ends the check in one line`() {
        let findings = [
            ClusterFinding(.note, "connected to a:1"), ClusterFinding(.fault, "one thing"),
            ClusterFinding(.fault, "another"),
        ]
        let report = ClusterReport(findings, of: Self.cluster)
        #expect(report.lines == ["group fanout: connected to a:1"])
        #expect(report.failure?.line == "--cluster: one thing; another")
        #expect(report.failure?.exitCode == 69)
    }
}
