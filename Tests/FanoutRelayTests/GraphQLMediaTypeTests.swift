import Testing
import Wire

@testable import FanoutRelay

struct GraphQLMediaTypeTests {
    @Test(
        arguments: [
            (nil, GraphQLMediaType.response), ("*/*", .response), ("application/*", .response),
            ("application/json", .json), ("Application/JSON; charset=utf-8", .json),
            ("application/graphql-response+json, application/json;q=0.9", .response),
            ("application/graphql-response+json;q=0.5, application/json", .json),
            ("application/graphql-response+json;q=0, */*", .json), ("text/html, */*;q=0.1", .response),
            ("text/html", nil), ("", nil), ("application/json;q=0", nil), ("application/json;q=nonsense", nil),
            ("text/*;q=1, image/png", nil), ("json", nil),
        ] as [(String?, GraphQLMediaType?)]
    )
    func `the media type that a client likes best is chosen`(accept: String?, expected: GraphQLMediaType?) {
        #expect(GraphQLMediaType(acceptedBy: AcceptHeader(accept)) == expected)
    }
}
