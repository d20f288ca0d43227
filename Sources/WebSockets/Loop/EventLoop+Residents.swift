/// The residents of a loop: objects that need something of their own on it.
///
/// The loop doesn't know their types.
extension EventLoop {
    /// Keeps a resident until `release`.
    func adopt(_ resident: any LoopResident) { residents[ObjectIdentifier(resident)] = resident }

    /// Releases a resident; does nothing when it is gone.
    func release(_ resident: any LoopResident) { residents[ObjectIdentifier(resident)] = nil }

    /// The only resident of its type, made on first use.
    ///
    /// Nil when it can't be made, or the loop stops.
    func only<Resident: LoopResident>(_ make: () -> Resident?) -> Resident? {
        let kind = ObjectIdentifier(Resident.self)
        if let known = residents[kind] { return known as? Resident }
        guard !isOver, let made = make() else { return nil }
        residents[kind] = made
        return made
    }

    /// Notifies the residents that end in this step of the loop's end.
    func tellResidents(outlivingSockets: Bool) {
        // A resident may release others in its callback, which are then notified without effect.
        for resident in residents.values where type(of: resident).outlivesSockets == outlivingSockets {
            resident.loopStops()
        }
    }
}
