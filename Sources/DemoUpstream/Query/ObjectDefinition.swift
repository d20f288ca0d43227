/// An object type of the schema, whose fields are all scalars.
struct ObjectDefinition {
    /// One field of it.
    struct Field {
        let name: String
        let type: String
        let leaf: Leaf
    }

    let name: String
    let fields: [Field]

    static let tick = ObjectDefinition(
        name: "Tick",
        fields: [
            Field(name: "n", type: "Int!", leaf: .number),
            Field(name: "at", type: "Float!", leaf: .time),
            Field(name: "padding", type: "String!", leaf: .padding),
        ]
    )

    static let price = ObjectDefinition(
        name: "Price",
        fields: [
            Field(name: "symbol", type: "String!", leaf: .symbol),
            Field(name: "price", type: "Float!", leaf: .price),
            Field(name: "at", type: "Float!", leaf: .time),
        ]
    )

    /// The type `Continent`; without a continent its leaves are null.
    static func continent(_ continent: Continent? = nil) -> ObjectDefinition {
        ObjectDefinition(
            name: "Continent",
            fields: [
                Field(name: "code", type: "ID!", leaf: continent.map { .text($0.rawValue) } ?? .null),
                Field(name: "name", type: "String!", leaf: continent.map { .text($0.name) } ?? .null),
            ]
        )
    }
}
