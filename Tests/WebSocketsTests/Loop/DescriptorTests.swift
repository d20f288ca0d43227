import Glibc
import Testing
import WebSockets

/// What happens at the limit of open descriptors; each test is a process of its own, since the limit is the process's.
@Suite(.timeLimit(.minutes(1)))
struct DescriptorTests {
    private static func softLimit() -> Int {
        var limit = rlimit()
        unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return Int(clamping: limit.rlim_cur)
    }

    @Test
    func `the limit is set to what the connections need`() async {
        await #expect(processExitsWith: .success) {
            #expect(DescriptorLimit.set(connections: 300) == 300)
            #expect(Self.softLimit() == 556)
            #expect(DescriptorLimit.set(connections: 100) == 100)
            // The hard limit stays where it was, so that the soft one can grow again.
            #expect(DescriptorLimit.set(connections: 400) == 400)
            #expect(DescriptorLimit.set(connections: .max) < .max)
        }
    }

    @Test
    func `out of descriptors, clients are told 503 and the loop doesn't spin`() async {
        await #expect(processExitsWith: .success) {
            try await TestServer.run { server in
                let first = try server.upgrade().peer
                // Sockets for the clients that are to come, made while that is still possible.
                let waiting = (0..<4).map { _ in socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0) }
                var fillers: [Int32] = []
                var limit = rlimit()
                let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
                unsafe getrlimit(resource, &limit)
                limit.rlim_cur = 200
                unsafe setrlimit(resource, &limit)
                while case let filler = unsafe open("/dev/null", O_RDONLY), filler >= 0 { fillers.append(filler) }
                let peers = try waiting.map { try RawPeer(connecting: $0, port: server.listener.port) }
                for peer in peers { #expect(try peer.receiveHead().hasPrefix("HTTP/1.1 503 ")) }
                #expect(server.listener.refused(.total) == 4)
                #expect(server.listener.accepted == 5)
                try first.send(RawFrame(opcode: 9).masked)
                #expect(try first.receiveFrame() == RawFrame(opcode: 10))
                for filler in fillers { close(filler) }
                #expect(server.isAlive())
            }
        }
    }
}
