import FoundationEssentials
import GraphQLSession
import GraphQLSessionCodable
import Testing

@testable import GraphQLSession

struct DecodingTests {
    private struct Answer: Decodable, Equatable {
        struct Continent: Decodable, Equatable { let name: String }
        let continents: [Continent]
    }

    private func result(_ text: String) throws -> ExecutionResult { try ExecutionResult(payload: Array(text.utf8)) }

    private func payload(_ text: String) -> Payload {
        // Not at the beginning of its batch.
        Payload(Array("{}\(text){}".utf8)[2..<(2 + text.utf8.count)], dropped: 0)
    }

    private let good = #"{"extensions":{},"data":{"continents":[{"name":"Europe"}]}}"#

    @Test func `data becomes a value`() throws {
        let expected = Answer(continents: [Answer.Continent(name: "Europe")])
        #expect(try result(good).decode(Answer.self) == expected)
        #expect(try payload(good).decode(Answer.self) == expected)
        let inferred: Answer = try result(good).decode()
        #expect(inferred == expected)
    }

    @Test func `a decoder of one's own is used`() throws {
        struct Snake: Decodable { let codeName: String }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        #expect(try result(#"{"data":{"code_name":"x"}}"#).decode(Snake.self, with: decoder).codeName == "x")
        #expect(try payload(#"{"data":{"code_name":"x"}}"#).decode(Snake.self, with: decoder).codeName == "x")
    }

    @Test func `data that is missing or null is told apart`() throws {
        #expect(throws: ResultDecodingError.nullData) { try result(#"{"data":null}"#).decode(Answer.self) }
        #expect(throws: ResultDecodingError.nullData) { try payload(#"{"data":null}"#).decode(Answer.self) }
        #expect(throws: ResultDecodingError.missingData) { try payload("{}").decode(Answer.self) }
        #expect(try result(#"{"data":null}"#).decode(Answer?.self) == nil)
    }

    @Test(arguments: [
        (#"{"data":{"continents":[{"name":7}]}}"#, "continents.0.name"),
        (#"{"data":{"continents":[{"name":null}]}}"#, "continents.0.name"),
        (#"{"data":{"continents":[{}]}}"#, "continents.0"),
        (#"{"data":{"continents":{}}}"#, "continents"),
        (#"{"data":{}}"#, ""),
    ])
    func `data that doesn't fit is told with its place`(text: String, place: String) throws {
        let error = try #require(
            #expect(throws: ResultDecodingError.self) { try result(text).decode(Answer.self) }
        )
        guard case .mismatch(let path, let reason) = error else {
            Issue.record("\(error)")
            return
        }
        #expect(path == place || path == place.replacing(".0", with: ".Index 0"))
        #expect(!reason.isEmpty && !reason.contains("\n"))
        #expect(throws: ResultDecodingError.self) { try payload(text).decode(Answer.self) }
    }

    @Test func `errors come before the data that they came with`() throws {
        let text = #"{"data":{"continents":[]},"errors":[{"message":"no","extensions":{"code":"C"}}]}"#
        let error = try #require(#expect(throws: QueryError.self) { try payload(text).decode(Answer.self) })
        #expect(error.errors.map(\.code) == ["C"])
        #expect(error.data == Array(#"{"continents":[]}"#.utf8))
        #expect(error.bytes == Array(text.utf8))
    }
}
