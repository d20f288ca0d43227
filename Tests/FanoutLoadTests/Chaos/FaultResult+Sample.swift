@testable import FanoutLoad

extension FaultResult {
    /// The result of a fault in which every client got everything.
    static func sample(
        _ fault: String = "kill-leader",
        stall: Duration = .seconds(2),
        counts: ClientJudge.Counts = .init(events: 1000),
        mayTellGap: Bool = true,
        trouble: String? = nil
    ) -> FaultResult {
        FaultResult(
            fault,
            stall: stall,
            stallOfHit: nil,
            recovery: stall,
            counts: counts,
            breaks: 0,
            mayTellGap: mayTellGap,
            trouble: trouble
        )
    }
}
