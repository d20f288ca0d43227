/// Why a GraphQL request over HTTP can't be read: 400, or 415 for the type of its body.
struct RequestFlaw: Error, Equatable {
    var status = 400
    let message: String

    /// The answer to the request.
    var failure: RelayFailure {
        RelayFailure(status == 415 ? .unsupportedMediaType : .badRequest, message, status: status)
    }
}
