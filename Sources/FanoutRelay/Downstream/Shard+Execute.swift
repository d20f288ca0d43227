internal import GraphQLTransport
internal import WebSockets

/// Queries and mutations over WebSockets, where the operator allows them.
extension Shard {
    /// An operation whose answer is awaited.
    struct Execution {
        let socket: WebSocket
        let id: String
    }

    /// Runs a client's operation on the upstream session: one result and `complete` (P15), or `error`.
    func execute(_ text: SubscribeText, _ id: String, for client: Client, by executor: Executor) {
        do {
            let request = try text.request()
            executionCount += 1
            let number = executionCount
            executions[number] = Execution(socket: client.socket, id: id)
            let network = ClientNetwork(of: client.socket.peer)
            executor.run(request, .response, from: network) { [self] response, over in
                loop.execute { [self] in
                    assumeIsolated { $0.answer(number, response) }
                    over()
                }
            }
        } catch {
            reply(to: client) { $0.reject(id: id, message: "\(error)") }
        }
    }

    private func answer(_ number: UInt64, _ response: HTTPResponse) {
        guard let execution = executions.removeValue(forKey: number), let client = client(of: execution.socket) else {
            return
        }
        if response.status == 200 {
            var complete: [UInt8]?
            reply(to: client) { machine in
                let answer = machine.answer(id: execution.id, payload: response.body)
                complete = answer?.complete
                return answer?.result
            }
            if let complete { client.socket.send(text: complete) }
        } else {
            reply(to: client) { $0.fail(id: execution.id, errors: response.errors) }
        }
        followUp(client)
    }

    /// A client wants no answer to an operation any more; what was sent to the server is executed all the same.
    func forgetExecution(_ id: String, of client: Client) {
        guard !executions.isEmpty else { return }
        executions = executions.filter { $0.value.socket !== client.socket || !$0.value.id.utf8.elementsEqual(id.utf8) }
    }

    /// A client has gone.
    func forgetExecutions(of client: Client) {
        guard !executions.isEmpty else { return }
        executions = executions.filter { $0.value.socket !== client.socket }
    }
}

extension HTTPResponse {
    /// The errors of an answer that is no result: a JSON array.
    fileprivate var errors: [UInt8] {
        guard let members = try? JSONObject(body.span).members,
            let errors = members.first(where: { $0.name == "errors" })?.value
        else { return MessageWriter.errors(message: "the upstream's answer can't be read") }
        return GraphQLErrors.array(body.span, in: errors.range)
    }
}
