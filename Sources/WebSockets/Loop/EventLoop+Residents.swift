/// What lives on a loop.
///
/// The loop doesn't know what it is: whoever needs something of its own on a loop brings it along.
extension EventLoop {
    /// Keeps something until `release`.
    func adopt(_ resident: any LoopResident) { residents[ObjectIdentifier(resident)] = resident }

    /// Lets it go; nothing when it is gone.
    func release(_ resident: any LoopResident) { residents[ObjectIdentifier(resident)] = nil }

    /// The only one of its kind on the loop, made when it is first asked for.
    ///
    /// Nil when it can't be made, and at the loop's end.
    func only<Resident: LoopResident>(_ make: () -> Resident?) -> Resident? {
        let kind = ObjectIdentifier(Resident.self)
        if let known = residents[kind] { return known as? Resident }
        guard !isOver, let made = make() else { return nil }
        residents[kind] = made
        return made
    }

    /// Tells those of one step of the end.
    func tellResidents(outlivingSockets: Bool) {
        // Whoever hears it may release others, that are told then to no effect.
        for resident in residents.values where type(of: resident).outlivesSockets == outlivingSockets {
            resident.loopStops()
        }
    }
}
