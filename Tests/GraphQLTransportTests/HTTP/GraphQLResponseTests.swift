import GraphQLTransport
import TestSupport
import Testing

@Suite struct GraphQLResponseTests {
    private static let graphQL = "application/graphql-response+json"
    private static let json = "application/json"

    private func scan(_ text: String, _ type: String?, _ status: Int) throws(GraphQLResponseError) -> GraphQLResponse {
        try GraphQLResponse.scan(text.bytes.span, contentType: type, status: status)
    }

    private func error(_ text: String, _ type: String?, _ status: Int) -> GraphQLResponseError? {
        do {
            _ = try scan(text, type, status)
            return nil
        } catch {
            return error
        }
    }

    @Test func `the parts of a response are found`() throws {
        let text = #" {"data":{"a":1},"errors":[{"message":"m"}],"extensions":{"x":2}} "#
        let response = try scan(text, Self.graphQL, 200)
        let bytes = text.bytes
        #expect(bytes.text(response.payload) == text.dropFirst().dropLast())
        #expect(response.data.map { bytes.text($0) } == #"{"a":1}"#)
        #expect(response.errors.map { bytes.text($0) } == #"[{"message":"m"}]"#)
        #expect(response.extensions.map { bytes.text($0) } == #"{"x":2}"#)
    }

    @Test func `null is data, but neither errors nor extensions`() throws {
        let text = #"{"data":null,"errors":null,"extensions":null}"#
        let response = try scan(text, Self.json, 200)
        #expect(response.data.map { text.bytes.text($0) } == "null")
        #expect(response.errors == nil && response.extensions == nil)
        #expect(try scan(#"{"data":{},"errors":[]}"#, Self.json, 200).errors == nil)
        #expect(try scan(#"{"errors":[{"message":"m"}]}"#, Self.json, 200).data == nil)
    }

    @Test(arguments: [200, 203, 299, 300, 400, 401, 405, 422, 500, 503])
    func `graphql-response+json is a response whatever the status, json only with 2xx`(_ status: Int) throws {
        let text = #"{"errors":[{"message":"m"}]}"#
        #expect(try scan(text, Self.graphQL, status).errors != nil)
        if (200...299).contains(status) {
            #expect(try scan(text, Self.json, status).errors != nil)
        } else {
            #expect(error(text, Self.json, status) == .status(status, errors: 10..<27))
            #expect(error("<html>", Self.json, status) == .status(status, errors: nil))
            #expect(error("<html>", Self.graphQL, status) == .status(status, errors: nil))
            for type in ["text/plain", "application/problem+json", nil] {
                #expect(error(text, type, status) == .status(status, errors: 10..<27))
                #expect(error("<html>", type, status) == .status(status, errors: nil))
            }
        }
    }

    @Test(arguments: [
        ("application/json", true), ("Application/JSON", true), (" application/json ; charset=UTF-8", true),
        ("application/json;charset=\"utf-8\"", true), ("application/json; charset=utf8", true),
        ("application/graphql-response+json; charset=utf-8", true), ("APPLICATION/GraphQL-Response+JSON", true),
        ("application/json; profile=x", true), ("application/json;", true), ("application/json; charset=utf-16", false),
        ("text/html", false), ("application/jsonx", false), ("application/problem+json", false), ("", false),
        (";", false), ("   ", false), (";charset=utf-8", false),
    ])
    func `a success of another media type than JSON's is a response if it can be read as one`(
        _ type: String,
        _ isKnown: Bool
    ) throws {
        #expect(try scan(#"{"data":{}}"#, type, 200).data == 8..<10)
        for text in ["<html>", "{}", "", "[]", #"{"data":1}"#, #"{"errors":["m"]}"#, #"{"title":"no"}"#] {
            let flaw = try #require(error(text, type, 200))
            #expect((flaw == .mediaType(type)) == !isKnown, "\(flaw)")
        }
    }

    @Test func `a success without a media type that is no response is refused, and a long one is clipped`() throws {
        #expect(try scan(#"{"data":{}}"#, nil, 200).data == 8..<10)
        #expect(error("x", nil, 200) == .mediaType(nil))
        #expect(
            error("", String(repeating: "x", count: 5000), 200) == .mediaType(String(repeating: "x", count: 123))
        )
    }

    @Test(arguments: [
        ("{}", GraphQLResponseError.noResult), (#"{"errors":[]}"#, .noResult), (#"{"errors":null}"#, .noResult),
        (#"{"extensions":{}}"#, .noResult), (#"{"data":1}"#, .invalidMember("data")),
        (#"{"data":[]}"#, .invalidMember("data")), (#"{"data":{},"errors":{}}"#, .invalidMember("errors")),
        (#"{"data":{},"errors":["m"]}"#, .invalidMember("errors")), (#"{"errors":[{}]}"#, .invalidMember("errors")),
        (#"{"data":{},"extensions":[]}"#, .invalidMember("extensions")),
    ])
    func `a success that is no response is refused`(_ text: String, _ expected: GraphQLResponseError) {
        #expect(error(text, Self.graphQL, 200) == expected)
        #expect(error(text, Self.json, 200) == expected)
    }

    @Test(
        arguments: [("", .unexpectedEnd), ("[]", .notAnObject), (#"{"data":{}}x"#, .trailingBytes)]
            as [(String, ScanError.Reason)]
    )
    func `a success that is no JSON object is refused`(_ text: String, _ reason: ScanError.Reason) {
        for type in [Self.graphQL, Self.json] {
            guard case .malformed(let found) = error(text, type, 200) else {
                Issue.record("not refused")
                continue
            }
            #expect(found.reason == reason)
        }
    }

    @Test(arguments: [(400, false), (404, false), (408, true), (429, true), (500, true), (501, false), (503, true)])
    func `some status codes are worth another try`(_ status: Int, _ isTransient: Bool) {
        #expect(GraphQLResponseError.status(status, errors: nil).isTransient == isTransient)
    }

    @Test func `a request is a body with the members it has`() throws {
        #expect(RequestBody.encode(try GraphQLRequest(query: "{a}")).text == #"{"query":"{a}"}"#)
        let most = try GraphQLRequest(
            query: "query A {\n a }",
            operationName: "A",
            variables: #"{"v":1}"#,
            extensions: "{}"
        )
        #expect(
            RequestBody.encode(most).text
                == #"{"query":"query A {\n a }","operationName":"A","variables":{"v":1},"extensions":{}}"#
        )
    }

    @Test func `mutated answers never trap and never leave their bytes`() {
        let seeds = [
            #"{"data":{"a":1},"errors":[{"message":"m"}],"extensions":{"x":2}}"#, #"{"errors":[{"message":"\u00e9"}]}"#,
        ].map(\.bytes)
        let types = [Self.graphQL, Self.json, "application/json; charset=utf-8", "text/html", ";", ""].map(\.bytes)
        var generator = SplitMix(seed: 7)
        var responses = 0
        for _ in 0..<10_000 {
            let bytes = generator.mutate(seeds.randomElement(using: &generator)!, alphabet: "{}[]\",:\\1".bytes)
            var type = types.randomElement(using: &generator)!
            if Bool.random(using: &generator) { type = generator.mutate(type, alphabet: ";= \"".bytes) }
            let status = [200, 400, -1, .max].randomElement(using: &generator)!
            guard let response = try? GraphQLResponse.scan(bytes.span, contentType: type.text, status: status) else {
                continue
            }
            responses += 1
            for range in [response.payload, response.data, response.errors, response.extensions].compactMap(\.self) {
                #expect(JSONOracle.accepts(Array(bytes[range])))
            }
        }
        #expect(responses > 50)
    }
}
