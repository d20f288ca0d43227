/// What the watched server used while several runs received from it.
struct MergedServer {
    /// From the beginning of the first window to the end of the last; nil if nothing can be said.
    private(set) var usage: ServerProbe.Usage?
    /// From before the first connection of all runs to after the last; nil if nothing can be said.
    private(set) var footprint: Footprint?
    /// Why nothing can be said, though it was watched.
    private(set) var notes: [String] = []

    init(_ summaries: [Summary]) {
        let usages = summaries.compactMap { $0.window?.server }
        guard let first = usages.first else { return }
        let processes = Set(usages.map { "\($0.process) on \($0.host)" }).sorted()
        guard processes.count == 1 else {
            let names = processes.prefix(4).joined(separator: ", ")
            notes.append("the server's processor time and memory are left out: the runs watched processes \(names)")
            return
        }
        // Who received from elsewhere would be counted in what the server's work is divided by.
        guard usages.count == summaries.count || Set(summaries.map(\.terms.servers)).count == 1 else {
            notes.append(
                "the server's processor time and memory are left out: not every run watched process \(processes[0]), "
                    + "and their URLs differ"
            )
            return
        }
        var usage = first
        usage.threads = []
        usage.before = usages.map(\.before).min() ?? first.before
        usage.after = usages.map(\.after).max() ?? first.after
        self.usage = usage
        footprint = Self.sum(summaries.map(\.measured.footprint))
        if footprint == nil {
            notes.append("what a connection costs the server is left out: not every run watched it")
        }
    }

    /// Nil unless all are known: the connections of the others are in the server's memory too.
    private static func sum(_ footprints: [Footprint?]) -> Footprint? {
        let known = footprints.compactMap(\.self)
        guard var sum = known.first, known.count == footprints.count else { return nil }
        for other in known.dropFirst() {
            sum.connections += other.connections
            sum.processorBefore = min(sum.processorBefore, other.processorBefore)
            sum.processorAfter = max(sum.processorAfter, other.processorAfter)
            sum.residentBefore = min(sum.residentBefore, other.residentBefore)
            sum.residentAfter = max(sum.residentAfter, other.residentAfter)
        }
        return sum
    }
}
