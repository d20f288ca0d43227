// Who runs operations names them: the module that has the names comes along.
@_exported public import GraphQLTransport

/// The former name of ``GraphQLRequest``.
@available(*, deprecated, renamed: "GraphQLRequest")
public typealias Request = GraphQLRequest
