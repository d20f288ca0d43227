internal import Fanout
internal import GraphQLTransport
internal import Synchronization
internal import WebSockets
internal import Wire

/// Queries and mutations over WebSockets, where the operator allows them.
extension Shard {
    /// An operation whose answers are awaited.
    struct Execution {
        let socket: WebSocket
        let id: String
        let kind: GraphQLTransport.Operation.Kind
        var ticket: QueryTicket?
    }

    /// Runs a client's operation on the upstream session: one result and `complete` (P15), several, or `error`.
    func execute(
        _ executable: OperationRefusal.Executable,
        _ id: String,
        for client: Client,
        by queryRunner: QueryRunner
    ) {
        let operation = ExecutableOperation(
            request: executable.request,
            kind: executable.kind,
            isIncremental: executable.isIncremental,
            takesParts: true
        )
        executionCount += 1
        let number = executionCount
        executions[number] = Execution(socket: client.socket, id: id, kind: operation.kind)
        let network = ClientNetwork(of: client.socket.peer)
        let ticket = queryRunner.run(operation, from: network) { [self] answer in
            loop.execute { [self] in assumeIsolated { $0.take(answer, of: number) } }
        }
        executions[number]?.ticket = ticket
    }

    /// An answer came: it waits for its turn, within the client's budget.
    private func take(_ answer: Answer, of number: UInt64) {
        guard let execution = executions[number], let client = client(of: execution.socket),
            let queryRunner = routes.queryRunner
        else { return }
        let line = client.answers ?? AnswerLine()
        client.answers = line
        var answer = answer
        if line.bytes > 0, line.bytes + answer.size > queryRunner.budget.limits.bytesPerClient {
            // What came before of an incremental operation goes out; it ends with the error.
            execution.ticket?.cancel()
            answer = Answer(.failure(queryRunner.overBudget(.client, execution.kind)), place: answer.place)
        }
        switch answer.content {
        case .part: break
        case .result, .end, .refused, .failure: executions[number] = nil
        }
        line.append(AnswerLine.Entry(execution: number, id: execution.id, answer: answer))
        sendAnswers(to: client)
    }

    /// The socket has room again; who waits longer goes first, answers or events.
    func advanceAnswers(of client: Client) {
        guard let line = client.answers else { return }
        line.isOut()
        line.isEventsTurn.toggle()
        if line.isEventsTurn { flush(client) }
        sendAnswers(to: client)
        if client.isReady { flush(client) }
    }

    /// Sends answers, each when the one before is out; only then the client's protocol knows its operation as ended.
    private func sendAnswers(to client: Client) {
        guard let line = client.answers else { return }
        while client.isReady, let entry = line.takeFirst() {
            line.isOut()
            send(entry, to: client, line)
        }
        if line.isEmpty { return endAnswers(of: client) }
        if !client.isReady { client.socket.requestWritable() }
        startPace(of: client, line)
    }

    private func send(_ entry: AnswerLine.Entry, to client: Client, _ line: AnswerLine) {
        guard let messages = client.dialect.withMachine({ $0.messages(of: entry) }) else { return }
        var frames: [UInt8] = []
        frames.reserveCapacity(messages.reduce(0) { $0 + $1.count + FrameHead.maximumUnmaskedSize })
        for message in messages {
            FrameHead.append(.text, payload: message.count, to: &frames)
            frames += message
        }
        if !frames.isEmpty, !(unsafe frames.withUnsafeBytes { unsafe client.socket.sendWhole($0) }) {
            client.isBlocked = true
            line.holds(entry.answer)
        }
        followUp(client)
    }

    private func endAnswers(of client: Client) {
        client.answers?.timer?.close()
        client.answers = nil
    }

    // Time.

    /// The bytes that a blocked client has to take until it is looked at again.
    var slowestProgress: Int {
        let limits = routes.queryRunner?.budget.limits ?? AnswerLimits()
        let seconds = min(admission.pongTimeout / .seconds(1), 3600)
        return max(1, Int(Double(limits.slowestReader) * seconds))
    }

    private func startPace(of client: Client, _ line: AnswerLine) {
        guard line.timer == nil, let rule = routes.queryRunner?.budget.limits.pace else { return }
        line.pace = ReadingPace(rule, from: client.socket.acknowledgedBytes ?? 0)
        let timer = LoopTimer(on: loop) { [weak self, weak client] in
            guard let self, let client else { return }
            nonisolated(unsafe) let slow = client
            assumeIsolated { unsafe $0.checkPace(of: slow, rule) }
        }
        line.timer = timer
        timer.start(after: rule.interval)
    }

    private func checkPace(of client: Client, _ rule: ReadingPace.Rule) {
        guard let line = client.answers, client.socket.isOpen else { return }
        let acknowledged = client.socket.acknowledgedBytes ?? 0
        if line.pace?.isKept(at: acknowledged) == true {
            line.timer?.start(after: rule.interval)
            return
        }
        routes.statistics.slowReaders.add(1, ordering: .relaxed)
        client.socket.close(CloseCode.tryAgainLater.rawValue, "Too slow: an answer was hardly read")
    }

    // Ends.

    /// A client wants no answer to an operation any more: the server is told so of a query.
    func abandonExecution(_ id: String, of client: Client) {
        for (number, execution) in executions
        where execution.socket === client.socket && execution.id.utf8.elementsEqual(id.utf8) {
            abandon(number, execution)
        }
        // The last answer of one may wait, which isn't awaited any more.
        for entry in client.answers.map({ Array($0.waiting) }) ?? [] where entry.id.utf8.elementsEqual(id.utf8) {
            client.answers?.drop(entry.execution)
        }
        if client.answers?.isEmpty == true { endAnswers(of: client) }
    }

    /// A client has gone.
    func abandonExecutions(of client: Client) {
        endAnswers(of: client)
        guard !executions.isEmpty else { return }
        for (number, execution) in executions where execution.socket === client.socket { abandon(number, execution) }
    }

    private func abandon(_ number: UInt64, _ execution: Execution) {
        executions[number] = nil
        routes.statistics.abandonedExecutions.add(1, ordering: .relaxed)
        execution.ticket?.cancel()
    }
}

extension ServerProtocol {
    /// The messages that tell of an answer, none if nobody awaits it; the operation ends with its last one.
    fileprivate mutating func messages(of entry: AnswerLine.Entry) -> [[UInt8]] {
        let id = entry.id
        switch entry.answer.content {
        case .result(let payload, _):
            return answer(id: id, payload: payload).map { [$0.result, $0.complete] } ?? []
        case .part(let payload):
            return isActive(id) ? [resultPrefix(id: id) + payload + MessageWriter.nextSuffix] : []
        case .end:
            return finish(id: id).map { [$0] } ?? []
        case .refused(let errors):
            return fail(id: id, errors: errors).map { [$0] } ?? []
        case .failure(let failure):
            return fail(id: id, errors: failure.errors).map { [$0] } ?? []
        }
    }
}
