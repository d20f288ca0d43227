import CommandSupport
import Testing

@testable import FanoutLoad

@Suite struct ChaosFlagTests {
    private static let edge = ["--edge", "ws://127.0.0.1:9/graphql"]

    @Test(arguments: [
        [], ["--relay", "r", "--edge", "ws://127.0.0.1:9/graphql"], ["--relay", "r", "--servers", "2"],
        ["--relay", "r", "--faults", "kill-leaf=1"], ["--relay", "r", "--tree", "--faults", "kill-leader=1"],
        ["--relay", "r", "--faults", "kill-leader"], ["--relay", "r", "--fault", "a=b"], edge,
        edge + ["--fault", "a"], edge + ["--fault", "A=b"], edge + ["--fault", "a=b", "--faults", "b=1"],
        edge + ["--fault", "a=b", "--gapless", "b"], edge + ["--fault", "a=b", "--", "x"],
        ["--edge", "wss://127.0.0.1:9/graphql", "--fault", "a=b"], ["--relay", "r", "--lease", "1ms"],
        ["--relay", "r", "--require", "p98 < 1s"], ["--relay", "r", "--edges", "1"],
        ["--relay", "r", "--clients", "0"],
    ])
    func `bad flags end with 64`(arguments: [String]) {
        #expect(Complaint(about: ["chaos"] + arguments, of: FanoutLoadCommand.self)?.exitCode == 64)
    }

    @Test(arguments: [
        ["--relay", "r"], ["--relay", "r", "--tree", "--faults", "kill-root=1"], edge + ["--fault", "a=b c=d"],
        ["--relay", "r", "--faults", "kill-leader=1", "--", "--shards", "2"],
    ])
    func `flags that can be used`(arguments: [String]) {
        #expect(Complaint(about: ["chaos"] + arguments, of: FanoutLoadCommand.self) == nil)
    }

    @Test(arguments: [
        (#"{"account_details":[{"stream_detail":[{"name":"fanout-a-0","cluster":{"leader":"nats-2"}}]}]}"#, "nats-2"),
        (#"{"account_details":[{"stream_detail":[{"name":"fanout-a-0","cluster":{"leader":""}}]}]}"#, nil),
        (#"{"account_details":[{"stream_detail":[{"name":"x","cluster":{"leader":"nats-2"}}]}]}"#, nil),
        (#"{"account_details":[{}]}"#, nil), ("{}", nil), ("", nil),
    ])
    func `who leads the log`(text: String, name: String?) {
        #expect(LogReport.leader(in: Array(text.utf8)) == name)
    }

    @Test(arguments: [
        (FaultKind.killLeader, true), (.freezeLeader, true), (.cutLeader, true), (.handOver, false),
        (.stopLeader, false), (.killServer, false), (.freezeServer, false), (.killServers, false), (.lameDuck, false),
    ])
    func `where a gap may be told`(fault: FaultKind, isTold: Bool) {
        #expect(fault.mayTellGap(.cold) == isTold)
        #expect(!fault.mayTellGap(.hot))
    }
}
