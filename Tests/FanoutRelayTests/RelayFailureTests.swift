import Glibc
import Testing
import WebSockets
import Wire

@testable import FanoutRelay

/// What clients are told instead of results, and what the documentation says of it.
struct RelayFailureTests {
    private struct Row: Equatable {
        let code: Substring
        let statuses: [Int]
    }

    /// The rows of Clients.md that begin with a code like `BAD_REQUEST`.
    private func rows() throws -> [Row] {
        var path = #filePath[...]
        for _ in 0..<3 { path = path[..<(path.lastIndex(of: "/") ?? path.startIndex)] }
        guard let file = unsafe fopen("\(path)/Sources/FanoutRelay/FanoutRelay.docc/Clients.md", "r") else { return [] }
        defer { unsafe fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 18)
        let count = unsafe fread(&bytes, 1, bytes.count, file)
        let lines = String(decoding: bytes[..<count], as: UTF8.self).split(separator: "\n")
        return lines.compactMap { line in
            let cells = line.split(separator: "|").map { $0.split(separator: " ").joined(separator: " ") }
            guard cells.count == 3, cells[0].hasPrefix("`") else { return nil }
            let code = cells[0].dropFirst().dropLast()
            guard code.utf8.allSatisfy({ (0x41...0x5A).contains($0) || $0 == 0x5F }) else { return nil }
            return Row(
                code: code,
                statuses: cells[1].replacing(",", with: "").split(separator: " ").compactMap { Int($0) }
            )
        }
    }

    @Test func `the table has a row with its statuses for each code, and no other`() throws {
        // What is told with another status than the code's own.
        let others: [RelayFailure.Code: [Int]] = [.badRequest: [411, 417], .notAllowed: [501], .outcomeUnknown: [504]]
        let expected = RelayFailure.Code.allCases.map { code in
            // Over HTTP there is no result but the last.
            let own = code == .interrupted ? [] : [RelayFailure(code, "").status]
            return Row(code: code.rawValue[...], statuses: own + (others[code] ?? []))
        }
        let rows = try rows()
        for row in expected { #expect(rows.filter { $0.code == row.code } == [row]) }
        #expect(rows.count == expected.count)
    }

    @Test(arguments: RelayFailure.Code.allCases)
    func `a failure is one GraphQL error with its code, and 503 says when to come again`(code: RelayFailure.Code) {
        let failure = RelayFailure(code, "a \"reason\"")
        let response = failure.response(.response)
        let error = #"[{"message":"a \"reason\"","extensions":{"code":"\#(code.rawValue)"}}]"#
        #expect(String(decoding: failure.errors, as: UTF8.self) == error)
        #expect(String(decoding: response.body, as: UTF8.self) == "{\"errors\":\(error)}\n")
        #expect(response.contentType == "application/graphql-response+json")
        #expect(response.headers == (response.status == 503 ? [HTTPField(name: "Retry-After", value: "5")] : []))
    }

    @Test(arguments: [(Duration.milliseconds(29_500), 30), (.seconds(30), 30), (.milliseconds(1), 1)])
    func `a quarantined operation is 422, and says for how long`(time: Duration, seconds: Int) {
        let failure = QuarantinedOperation(time: time).failure
        #expect(failure.code == .quarantined)
        #expect(failure.message.hasSuffix("it is refused for \(seconds) s"))
        #expect(failure.response().status == 422)
        #expect(failure.response().headers == [HTTPField(name: "Retry-After", value: "\(seconds)")])
    }
}
