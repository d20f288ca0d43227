internal import WebSockets

/// A place of a query or mutation that runs; it is free again when nobody holds it any more.
final class ExecutionPlace: Sendable {
    private let network: ClientNetwork
    private let executor: Executor

    init(of network: ClientNetwork, in executor: Executor) {
        self.network = network
        self.executor = executor
    }

    deinit { executor.leave(network) }
}
