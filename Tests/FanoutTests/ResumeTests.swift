import Testing

struct ResumeTests {
    @Test(arguments: 0..<80 as Range<UInt64>)
    func `a client that comes and goes gets every event once, or is told of the gap`(seed: UInt64) throws {
        var simulation = try ResumeSimulation(seed: seed)
        try simulation.run(steps: 600)
        #expect(simulation.resumed > 10)
        #expect(simulation.received > 10)
    }
}
