import Backoffs
import DemoUpstream
import Fanout
import FanoutRelay
import Glibc
import GraphQLSession
import Logging
import WebSockets

/// A relay and its upstream in a process whose shared pool is blocked: everything has to go on.
///
/// Ends with 0 when it did, and else says on standard error what didn't.
@main
enum BlockedPool {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    static func main() {
        // Whatever hangs ends here.
        alarm(40)
        let thread = OwnThread()
        Task(executorPreference: thread) {
            do {
                try await run()
                _exit(0)
            } catch {
                tell("\(error)")
                _exit(1)
            }
        }
        thread.run()
    }

    @concurrent
    private static func run() async throws {
        let loop = try EventLoop(name: "made-up")
        let acceptor = try EventLoop(name: "acceptor", servesSockets: false)
        let upstream = DemoUpstream(on: loop)
        let address = try await upstream.start(listenerLoop: acceptor)

        SharedPool.block()
        guard SharedPool.isBlocked() else { throw Failure(description: "the pool isn't blocked") }

        let relay = try await Relay(try configuration(address), logger: Logger(label: "blocked"))
        let port = UInt16(relay.address.split(separator: ":").last ?? "") ?? 0
        try ready(port)
        tell("deliveries")
        let plain = try Client(port: port, path: "/topics/tick")
        try plain.waits(for: #""type":"event""#, times: 20)

        tell("a client's own topic")
        let client = try Client(port: port, path: "/graphql", subprotocol: "graphql-transport-ws")
        try client.send(message: subscribe("1", "subscription { countdown(from: 3, intervalMs: 10) }"))
        try client.waits(for: #"{"id":"1","type":"complete"}"#)
        try client.send(message: subscribe("2", "subscription { prices { price } }"))
        try client.waits(for: #"{"id":"2","type":"next""#, times: 2)

        tell("queries")
        try client.send(message: subscribe("3", #"{ continent(code: \"EU\") { name } }"#))
        try client.waits(for: "Europe")
        try queryOverHTTP(port)

        tell("a lost link")
        await upstream.dropLinks(code: nil)
        try plain.waits(for: #""type":"gap""#)
        try plain.waits(for: #""type":"event""#, times: 5)
        try client.waits(for: #"{"id":"2","type":"next""#, times: 2)

        tell("pings and their time limit")
        await upstream.setFault(.silent)
        try plain.waits(for: #""upstream":"interrupted""#)
        await upstream.setFault(.none)
        try plain.waits(for: #""type":"gap""#)
        try plain.waits(for: #""type":"event""#, times: 5)

        tell("timers of clients")
        let mute = try Client(port: port, path: "/graphql", subprotocol: "graphql-transport-ws", isMute: true)
        try mute.leaves(code: 4408)
        // A ping's opcode; the texts are ASCII.
        let silent = try Client(port: port, path: "/topics/tick")
        _ = try silent.bytes(through: [0x89])

        tell("the drain")
        let start = ContinuousClock.now
        let drained = Task(executorPreference: OwnThread(name: "drain")) {
            await relay.drain(over: .milliseconds(300))
        }
        try plain.leaves(code: 1001)
        for client in [client, silent] { try client.leaves(code: 1001) }
        await drained.value
        let time = start.duration(to: .now)
        guard time < .seconds(5) else { throw Failure(description: "the drain took \(time)") }
        await upstream.stop()
        for loop in [acceptor, loop] { await loop.stop() }
        guard SharedPool.isBlocked() else { throw Failure(description: "the pool came free") }
    }

    private static func configuration(_ address: DemoUpstream.Address) throws -> Configuration {
        var configuration = Configuration(
            upstream: try Endpoint(parsing: address.url),
            topics: [try TopicDefinition(name: "tick", document: "subscription { tick(intervalMs: 10) { n } }")],
            shards: 2
        )
        configuration.listeners = [ListenerConfiguration(.port(host: "127.0.0.1", port: 0))]
        configuration.allowsExecution = true
        configuration.demand.allowsAnySubscription = true
        configuration.retrySubscribe = .constant(.milliseconds(20))
        configuration.session.retryConnect = .constant(.milliseconds(20))
        configuration.session.usesProxies = false
        configuration.session.headers = { [(name: "X-Asked", value: "yes")] }
        configuration.session.probe = .graphQL
        configuration.session.pingInterval = .milliseconds(100)
        configuration.session.pongTimeout = .milliseconds(300)
        configuration.admission.initialisationTimeout = .milliseconds(300)
        configuration.admission.pingInterval = .milliseconds(300)
        return configuration
    }

    private static func ready(_ port: UInt16) throws {
        while true {
            let probe = try Client(port: port)
            try probe.send("GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            if try probe.text(through: "\r\n").contains(" 200 ") { return }
        }
    }

    private static func queryOverHTTP(_ port: UInt16) throws {
        let client = try Client(port: port)
        let body = #"{"query":"{ continent(code: \"AF\") { name } }"}"#
        try client.send(
            "POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
        )
        try client.waits(for: "Africa")
    }

    private static func subscribe(_ id: String, _ query: String) -> String {
        #"{"id":"\#(id)","type":"subscribe","payload":{"query":"\#(query)"}}"#
    }

    /// The last step that was told is where it hangs.
    private static func tell(_ text: String) {
        let line = Array("\(text)\n".utf8)
        unsafe _ = write(2, line, line.count)
    }
}
