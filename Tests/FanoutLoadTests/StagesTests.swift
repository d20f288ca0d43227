import Testing

@testable import FanoutLoad

@Suite struct StagesTests {
    static func stages(_ texts: String...) throws -> Stages {
        let stages = texts.compactMap(Stage.init)
        #expect(stages.count == texts.count)
        return try #require(Stages(stages))
    }

    @Test(arguments: [
        (0, 0), (5, 50), (10, 100), (15, 100), (20, 100), (22, 80), (25, 50), (30, 0), (31, 0), (1000, 0),
    ])
    func `connections go in straight lines from stage to stage`(seconds: Int, open: Int) throws {
        let stages = try Self.stages("10s:100", "10s:100", "10s:0")
        #expect(stages.target(at: .seconds(seconds)) == open)
    }

    @Test func `stages know their length and their most connections`() throws {
        let stages = try Self.stages("500ms:7", "2m:3", "24h:5")
        #expect(stages.duration == .milliseconds(86_520_500))
        #expect(stages.most == 7)
        #expect(Stages([]) == nil)
    }

    @Test(arguments: ["", ":", "1s", "1s:", ":5", "1s:-1", "1s:5:6", "5:1s", "50ms:1", "25h:1", "1s:200001", "1s:x"])
    func `what is no stage`(text: String) {
        #expect(Stage(text) == nil)
    }
}
