/// What is found out about a group's servers and streams before a relay runs.
package struct ClusterFinding: Sendable, Hashable {
    package enum Severity: Sendable, Hashable {
        /// It is as it should be.
        case note
        /// A relay can be one of the group all the same.
        case warning
        /// A relay can't be one of the group.
        case fault
    }

    package let severity: Severity
    /// One line, which names what it is about.
    package let text: String

    package init(_ severity: Severity, _ text: String) {
        self.severity = severity
        self.text = text
    }
}
