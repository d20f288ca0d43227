import GraphQLTransport
import Testing

/// The table of close codes in the documentation, and what the code does.
struct CloseCodeTableTests {
    private struct Row {
        let codes: ClosedRange<UInt16>
        let treatment: Substring
    }

    private func rows() throws -> [Row] {
        let page = try SourceText("Sources/GraphQLSession/GraphQLSession.docc/CloseCodes.md")
        return page.lines.compactMap { line in
            let cells = line.split(separator: " | ").map { $0.drop { "| ".contains($0) } }
            guard cells.count == 4 else { return nil }
            let bounds = cells[0].split(separator: "–").compactMap { UInt16($0) }
            guard let first = bounds.first, let last = bounds.last else { return nil }
            return Row(codes: first...last, treatment: cells[2])
        }
    }

    @Test func `the table says of every code what the policy does`() throws {
        let rows = try rows()
        let policy = CloseCodePolicy()
        for number in UInt16(1000)...4999 {
            let code = CloseCode(rawValue: number)
            let row = rows.filter { $0.codes.contains(number) }.min { $0.codes.count < $1.codes.count }
            let expected =
                switch policy[code] {
                case .retry: "back-off"
                case .fatal: code == .unauthorized || code == .forbidden ? "one attempt, then pause" : "pause"
                }
            #expect(row?.treatment == expected[...], "\(number)")
        }
    }

    @Test func `every code that has a name has a row of its own, once`() throws {
        let single = try rows().filter { $0.codes.count == 1 }.map(\.codes.lowerBound)
        let named: [UInt16] =
            Array(1000...1015) + [4004, 4005, 4400, 4401, 4403, 4406, 4408, 4409, 4429, 4499, 4500, 4504]
        #expect(single == named)
    }
}
