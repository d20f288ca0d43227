internal import Fanout
internal import GraphQLTransport
internal import Synchronization
internal import WebSockets
internal import Wire

/// Queries and mutations over WebSockets, where the operator allows them.
extension GraphQLDialect {
    /// Runs a client's operation on the upstream session.
    ///
    /// It ends with one result and `complete` (P15), or with `error`; an incremental operation has several results.
    func execute(
        _ executable: OperationRefusal.Executable,
        _ id: String,
        for client: Client,
        by queryRunner: QueryRunner,
        on shard: isolated Shard
    ) {
        let operation = ExecutableOperation(
            request: executable.request,
            kind: executable.kind,
            isIncremental: executable.isIncremental,
            takesParts: true
        )
        let number = shard.nextExecution()
        shard.logger.runs(id, of: operation.kind.rawValue, for: client)
        change { $0.executions[number] = ClientWork.Execution(id: id, kind: operation.kind) }
        let network = ClientNetwork(of: client.socket.peer)
        let ticket = queryRunner.run(operation, from: network) { [shard, place = client.socket.token] answer in
            shard.loop.execute {
                shard.assumeIsolated { shard in
                    // Another client may have this place by now; it has no execution of that number.
                    guard let client = shard.clients[place], let dialect = client.dialect as? GraphQLDialect else {
                        return
                    }
                    dialect.take(answer, of: number, for: client, on: shard)
                }
            }
        }
        change { $0.executions[number]?.ticket = ticket }
    }

    /// Queues an answer, within the client's budget.
    private func take(_ answer: Answer, of number: UInt64, for client: Client, on shard: isolated Shard) {
        guard let execution = executions[number], let queryRunner = shard.routes.queryRunner else { return }
        let line = answers ?? AnswerLine()
        change { $0.answers = line }
        var answer = answer
        if line.bytes > 0, line.bytes + answer.size > queryRunner.budget.limits.bytesPerClient {
            // An incremental operation ends here with an error; the results before it are still sent.
            execution.ticket?.cancel()
            answer = Answer(.failure(queryRunner.overBudget(.client, execution.kind)), place: answer.place)
        }
        switch answer.content {
        case .part: break
        case .result, .end, .refused, .failure:
            change { $0.executions[number] = nil }
            shard.logger.answered(execution.id, for: client)
        }
        line.append(AnswerLine.Entry(execution: number, id: execution.id, answer: answer))
        sendAnswers(to: client, on: shard)
    }

    /// Goes on sending: answers and events take turns, and those that waited longer go first.
    func writable(_ client: Client, on shard: isolated Shard) {
        guard let line = answers else { return shard.flush(client) }
        line.isOut()
        line.isEventsTurn.toggle()
        if line.isEventsTurn { shard.flush(client) }
        sendAnswers(to: client, on: shard)
        if client.isReady { shard.flush(client) }
    }

    /// Sends answers, each when the one before has left; until then the protocol counts its operation as active.
    private func sendAnswers(to client: Client, on shard: isolated Shard) {
        guard let line = answers else { return }
        while client.isReady, let entry = line.takeFirst() {
            line.isOut()
            send(entry, to: client, line, on: shard)
        }
        if line.isEmpty { return endAnswers() }
        if !client.isReady { client.socket.requestWritable() }
        startPace(of: client, line, on: shard)
    }

    private func send(_ entry: AnswerLine.Entry, to client: Client, _ line: AnswerLine, on shard: isolated Shard) {
        let messages = messages(of: entry)
        var frames: [UInt8] = []
        frames.reserveCapacity(messages.reduce(0) { $0 + $1.count + FrameHead.maximumUnmaskedSize })
        for message in messages {
            FrameHead.append(.text, payload: message.count, to: &frames)
            frames += message
        }
        if !frames.isEmpty, !client.socket.sendWhole(frames[...]) {
            client.isBlocked = true
            line.holds(entry.answer)
        }
        followUp(client, on: shard)
    }

    private func endAnswers() {
        answers?.timer?.close()
        change { $0.answers = nil }
    }

    // Time.

    private func startPace(of client: Client, _ line: AnswerLine, on shard: isolated Shard) {
        guard line.timer == nil, let rule = shard.routes.queryRunner?.budget.limits.pace else { return }
        line.pace = ReadingPace(rule, from: client.socket.acknowledgedBytes ?? 0)
        let timer = LoopTimer(on: shard.loop) { [weak shard, place = client.socket.token] in
            shard?.assumeIsolated { shard in
                // The timer is closed before another client gets this place.
                guard let client = shard.clients[place], let dialect = client.dialect as? GraphQLDialect else { return }
                dialect.checkPace(of: client, rule, on: shard)
            }
        }
        line.timer = timer
        timer.start(after: rule.interval)
    }

    private func checkPace(of client: Client, _ rule: ReadingPace.Rule, on shard: isolated Shard) {
        guard let line = answers, client.socket.isOpen else { return }
        let acknowledged = client.socket.acknowledgedBytes ?? 0
        if line.pace?.isKept(at: acknowledged) == true {
            line.timer?.start(after: rule.interval)
            return
        }
        shard.routes.statistics.slowReaders.add(1, ordering: .relaxed)
        client.socket.close(CloseCode.tryAgainLater.rawValue, "Too slow: an answer was hardly read")
    }

    // Ends.

    var awaitsAnswer: Bool { answers != nil || !executions.isEmpty }

    /// Drops the answers to an operation that the client has ended; of a query the server is told too.
    func abandonExecution(_ id: String, on shard: isolated Shard) {
        for (number, execution) in executions where execution.id.utf8.elementsEqual(id.utf8) {
            abandon(number, execution, on: shard)
        }
        // An operation that has its last answer isn't in `executions` any more, but the answer may still wait.
        for entry in answers.map({ Array($0.waiting) }) ?? [] where entry.id.utf8.elementsEqual(id.utf8) {
            answers?.drop(entry.execution)
        }
        if answers?.isEmpty == true { endAnswers() }
    }

    func left(on shard: isolated Shard) {
        giveUpDecision()
        endAnswers()
        for (number, execution) in executions { abandon(number, execution, on: shard) }
    }

    private func abandon(_ number: UInt64, _ execution: ClientWork.Execution, on shard: isolated Shard) {
        change { $0.executions[number] = nil }
        shard.routes.statistics.abandonedExecutions.add(1, ordering: .relaxed)
        execution.ticket?.cancel()
    }
}
