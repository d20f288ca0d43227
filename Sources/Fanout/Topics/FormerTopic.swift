package import GraphQLTransport

/// How a topic was while another relay of a group ran its operation.
package struct FormerTopic: Hashable, Sendable {
    /// The place of its newest event, where a relay upstream numbers them; nil where nobody upstream does.
    package var place: ResumeToken?
    /// Whether events may be missing before those of the next operation.
    package var mayLack: Bool

    package init(place: ResumeToken?, mayLack: Bool) {
        self.place = place
        self.mayLack = mayLack
    }
}
