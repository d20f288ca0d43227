internal import Fanout
internal import GraphQLTransport
internal import WebSockets

/// The topics by name and document, as JSON: `{"topics":[{"name":…,"document":…}]}`.
enum TopicList {
    static func response(_ topics: [TopicDefinition]) -> HTTPResponse {
        var body = Array(#"{"topics":["#.utf8)
        for (index, topic) in topics.enumerated() {
            if index > 0 { body.append(UInt8(ascii: ",")) }
            body += Array(#"{"name":"#.utf8)
            JSONString.append(topic.name, to: &body)
            body += Array(#","document":"#.utf8)
            JSONString.append(topic.document, to: &body)
            body.append(UInt8(ascii: "}"))
        }
        body += Array("]}\n".utf8)
        return HTTPResponse(contentType: "application/json", body: body)
    }
}
