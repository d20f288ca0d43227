import FoundationEssentials
import GraphQLSession
import GraphQLSessionCodable
import Testing

struct RequestTests {
    private struct Filter: Encodable {
        var code: String
        var limit: Int?
    }

    private struct Unencodable: Encodable {
        func encode(to encoder: any Encoder) throws {
            throw EncodingError.invalidValue(self, .init(codingPath: [], debugDescription: "no"))
        }
    }

    private let query = "query ($code: ID!) { continent(code: $code) { name } }"

    private func variables(_ request: GraphQLRequest) -> String? {
        request.variables.map { String(decoding: $0, as: UTF8.self) }
    }

    @Test func `variables are the JSON of a value`() throws {
        #expect(variables(try GraphQLRequest(query: query, variables: ["code": "EU"])) == #"{"code":"EU"}"#)
        let filter = Filter(code: "ü\"\n/", limit: nil)
        let request = try GraphQLRequest(
            query: query,
            operationName: "A",
            variables: filter,
            extensions: #"{"a":1}"#
        )
        let decoded = try JSONDecoder().decode([String: String].self, from: Data(request.variables ?? []))
        #expect(decoded == ["code": filter.code])
        #expect(request.operationName == "A" && request.extensions == Array(#"{"a":1}"#.utf8))
    }

    @Test func `an encoder of one's own is used`() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
        let request = try GraphQLRequest(query: query, variables: ["b": 1, "a": 2], encoder: encoder)
        #expect(variables(request)?.contains("\n") == true)
    }

    @Test func `text is JSON still, and nothing is no variables`() throws {
        let text = #"{"code":"EU"}"#
        let literal = try GraphQLRequest(query: query, variables: #"{"code":"EU"}"#)
        #expect(variables(literal) == text)
        let constant = try GraphQLRequest(query: query, variables: text)
        #expect(variables(constant) == text)
        let optional = try GraphQLRequest(query: query, variables: text as String?)
        #expect(variables(optional) == text)
        let none = try GraphQLRequest(query: query, variables: nil)
        #expect(variables(none) == nil)
    }

    @Test func `what is no object, or can't be encoded, is no variables`() {
        func flaw(_ make: () throws(InvalidRequest) -> GraphQLRequest) -> String? {
            do {
                _ = try make()
                return nil
            } catch {
                return error.description
            }
        }
        #expect(flaw { () throws(InvalidRequest) in try GraphQLRequest(query: query, variables: [1]) } != nil)
        #expect(flaw { () throws(InvalidRequest) in try GraphQLRequest(query: query, variables: 7) } != nil)
        let flaw = flaw { () throws(InvalidRequest) in try GraphQLRequest(query: query, variables: Unencodable()) }
        #expect(flaw?.hasPrefix("the variables can't be encoded: ") == true)
    }
}
