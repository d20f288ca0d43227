import Fanout
import Testing

@testable import FanoutRelay

/// What a change of the operator's topics comes to.
struct OfferedTopicsTests {
    private static func topic(_ name: String, _ document: String? = nil) throws -> TopicDefinition {
        try TopicDefinition(name: name, document: document ?? "subscription { \(name)(x: 1) { id } }")
    }

    private static func offered(_ names: String...) throws -> OfferedTopics {
        try OfferedTopics(try names.map { try topic($0) }, epoch: "e")
    }

    @Test func `the same topics again change nothing, in whatever order`() throws {
        let offered = try Self.offered("a", "b")
        let change = try offered.change(to: [Self.topic("b"), Self.topic("a")], from: 7, epoch: "e")
        #expect(change.topics.all.map(\.id) == [1, 0])
        #expect(change.removed.isEmpty)
        #expect(change.addedNames + change.removedNames + change.replacedNames + change.changedNames == [])
    }

    @Test func `topics come with numbers and epochs of their own, and go`() throws {
        let change = try Self.offered("a", "b").change(to: [Self.topic("c"), Self.topic("b")], from: 7, epoch: "e")
        #expect(change.topics.all.map(\.id) == [7, 1])
        #expect(change.topics.all.map(\.epoch) == ["e-7", "e"])
        #expect(change.removed == [0])
        #expect((change.addedNames, change.removedNames) == (["c"], ["a"]))
    }

    @Test(arguments: [
        ("spaces and commas", "subscription{a(x:1){id,}}", true),
        ("another argument", "subscription { a(x: 2) { id } }", false),
        ("another field", "subscription { a(x: 1) { ids } }", false),
    ])
    func `what means the same stays the topic`(rule: String, document: String, isSame: Bool) throws {
        let change = try Self.offered("a").change(to: [Self.topic("a", document)], from: 7, epoch: "e")
        #expect(change.topics.all.map(\.id) == [isSame ? 0 : 7], "\(rule)")
        #expect(change.topics.all[0].definition.document == document)
        #expect(change.removed == (isSame ? [] : [0]))
        #expect(change.replacedNames == (isSame ? [] : ["a"]))
        #expect(change.changedNames == (isSame ? ["a"] : []))
        #expect(change.addedNames + change.removedNames == [])
    }

    @Test func `other variables and another operation of the document are another topic`() throws {
        let document = "subscription A($x: Int) { a(x: $x) } subscription B($x: Int) { b(x: $x) }"
        var topic = try Self.topic("a", document)
        topic.operationName = "A"
        topic.variables = #"{"x":1}"#
        let offered = try OfferedTopics([topic], epoch: "e")
        var other = topic
        other.variables = #"{ "x": 1 }"#
        #expect(try offered.change(to: [other], from: 7, epoch: "e").topics.all[0].id == 0)
        other.variables = #"{"x":2}"#
        #expect(try offered.change(to: [other], from: 7, epoch: "e").topics.all[0].id == 7)
        other = topic
        other.operationName = "B"
        #expect(try offered.change(to: [other], from: 7, epoch: "e").topics.all[0].id == 7)
    }

    @Test func `other options leave number and epoch`() throws {
        var topic = try Self.topic("a")
        topic.lagAction = .skip
        topic.start = .demand
        topic.refetch = "{ a }"
        let change = try Self.offered("a").change(to: [topic], from: 7, epoch: "e")
        #expect(change.topics.all[0].id == 0 && change.topics.all[0].epoch == "e")
        #expect(change.topics.all[0].definition == topic)
        #expect(change.changedNames == ["a"])
    }

    @Test func `a document that can't be served is an error`() throws {
        #expect(throws: TopicError.self) {
            try Self.offered("a").change(to: [Self.topic("a"), Self.topic("b", "{ b }")], from: 7, epoch: "e")
        }
    }
}
