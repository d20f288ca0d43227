internal import WebSockets

/// The place of a query or mutation that runs; it is free again when the last reference is released.
final class QueryPlace: Sendable {
    private let network: ClientNetwork
    private let queryRunner: QueryRunner

    init(of network: ClientNetwork, in queryRunner: QueryRunner) {
        self.network = network
        self.queryRunner = queryRunner
    }

    deinit { queryRunner.leave(network) }
}
