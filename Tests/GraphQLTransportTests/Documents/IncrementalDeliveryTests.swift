import Testing

@testable import GraphQLTransport

struct IncrementalDeliveryTests {
    @Test(arguments: [
        ("{ a }", nil, false), ("{ ... @defer { a } }", nil, true),
        ("{ a ...F @defer(label: \"x\") } fragment F on A { b }", nil, true),
        ("{ list @stream(initialCount: 1) { n } }", nil, true), ("{ ... @defer(if: false) { a } }", nil, false),
        ("{ ... @defer(if: true) { a } }", nil, true), ("query($d: Boolean) { ... @defer(if: $d) { a } }", nil, true),
        ("query($d: Boolean) { ... @defer(if: $d) { a } }", #"{"d":false}"#, false),
        ("query($d: Boolean) { ... @defer(if: $d) { a } }", #"{"d":true}"#, true),
        ("query($d: Boolean) { ... @defer(label: \"if\", if: $d) { a } }", #"{"x":0,"d": false }"#, false),
        ("{ a(text: \"@defer\") }", nil, false), ("{ defer stream(if: 1) }", nil, false),
        ("{ a @deferred }", nil, false),
        ("{ ... @defer(if: false) { a } ... @defer { b } }", nil, true), ("# @defer\n{ a }", nil, false),
    ])
    func `what may have several results is known before it is sent`(
        document: String,
        variables: String?,
        isIncremental: Bool
    ) throws {
        let parsed = try Document(parsing: document)
        let found = IncrementalDelivery.isAskedFor(in: parsed, variables: variables.map { Array($0.utf8) })
        #expect(found == isIncremental)
    }
}
