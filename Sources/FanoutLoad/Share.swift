import CommandSupport

/// A part of the connections, as a percentage or a count.
struct Share: FlagValue, Equatable {
    private enum Amount: Equatable {
        /// In thousandths of a percent.
        case percent(thousandths: Int)
        case count(Int)
    }

    static let allowed = "a share from 0% to 100%, like 1% or 0.5%, or a count, like 10"

    /// No connection.
    static let none = Share(amount: .count(0), description: "0")

    /// The share as written.
    let description: String
    private let amount: Amount

    private init(amount: Amount, description: String) {
        self.amount = amount
        self.description = description
    }

    /// Reads `<digits>[.<digits>]%` up to 100% with at most three decimals, or `<digits>`.
    init?(_ text: String) {
        let isPercent = text.hasSuffix("%")
        let parts = text.dropLast(isPercent ? 1 : 0).split(separator: ".", omittingEmptySubsequences: false)
        let isDigits = { (part: Substring) in !part.isEmpty && part.utf8.allSatisfy { (0x30...0x39).contains($0) } }
        guard parts.count <= (isPercent ? 2 : 1), parts.allSatisfy(isDigits), let whole = parts.first,
            whole.utf8.count <= 9, let number = Int(whole)
        else { return nil }
        guard isPercent else {
            self.init(amount: .count(number), description: text)
            return
        }
        let decimals = parts.count == 2 ? parts[1] : "0"
        guard decimals.utf8.count <= 3,
            let fraction = Int(decimals + String(repeating: "0", count: 3 - decimals.count)),
            number * 1000 + fraction <= 100_000
        else { return nil }
        self.init(amount: .percent(thousandths: number * 1000 + fraction), description: text)
    }

    /// How many connections that is; a percentage is rounded, to at least one unless it is 0%.
    func count(of connections: Int) -> Int {
        switch amount {
        case .count(let count): count
        case .percent(0): 0
        case .percent(let thousandths): max(1, (connections * thousandths + 50_000) / 100_000)
        }
    }
}
