import DemoUpstream
import GraphQLSession
import WebSockets

/// The demo's server on a free loopback port.
enum Demo {
    static func run(_ body: (DemoUpstream, _ url: String) async throws -> Void) async throws {
        let loop = try EventLoop(name: "upstream")
        let acceptor = try EventLoop(name: "acceptor", servesSockets: false)
        let upstream = DemoUpstream(on: loop)
        let result: Result<Void, any Error>
        do {
            try await body(upstream, try await upstream.start(listenerLoop: acceptor).url)
            result = .success(())
        } catch {
            result = .failure(error)
        }
        await upstream.stop()
        await loop.stop()
        await acceptor.stop()
        try result.get()
    }

    /// The same with a session, closed in the end.
    static func runSession(_ body: (DemoUpstream, PermanentSession) async throws -> Void) async throws {
        try await run { upstream, url in
            let session = try await GraphQLClient(endpoint: try Endpoint(parsing: url)).connect()
            let result: Result<Void, any Error>
            do {
                try await body(upstream, session)
                result = .success(())
            } catch {
                result = .failure(error)
            }
            await session.close()
            try result.get()
        }
    }
}
