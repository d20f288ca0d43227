import DemoUpstream
import FanoutRelay
import GraphQLSession
import Testing

extension Loopback {
    /// Headers of the operator's at a server that is built on libwebsockets.
    @Suite(.timeLimit(.minutes(1)))
    struct DialHeaderTests {
        @Test(arguments: ["X-A", "X-Auth", "Accept-Lang", "Conn", "Ho", "X-Auth-Token"], ["b", "http://b"])
        func `a header of any name keeps no link from coming up`(name: String, value: String) async throws {
            try await Stage.run([Stage.manual()]) { configuration in
                configuration.session.headers = { [(name, value)] }
            } _: { stage in
                try await stage.readiness(becomes: 200)
                let peer = try await Peer.plain(stage, "/topics/m")
                await stage.upstream.emit(1)
                #expect(try await peer.number() == 1)
            }
        }
    }
}
