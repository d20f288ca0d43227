/// A reference that isn't counted: counting would cost atomics for each delivery.
///
/// Safe as long as the object has another owner, who keeps it until the last of these references is dropped.
@safe package struct UncountedReference<Object: AnyObject> {
    @usableFromInline let reference: Unmanaged<Object>

    @inlinable package init(_ object: Object) { unsafe reference = .passUnretained(object) }

    /// The object, counted from here on.
    package var object: Object { with { $0 } }

    /// Has the processor fetch the beginning of the object.
    @inlinable @inline(__always)
    func prefetch<Owner: SubscriberOwner>(by type: Owner.Type, size: Int) {
        unsafe type.prefetch(reference.toOpaque(), size: size)
    }

    /// Uses the object without counting.
    @inlinable @inline(__always)
    package func with<Result>(_ body: (Object) -> Result) -> Result { unsafe reference._withUnsafeGuaranteedRef(body) }

    /// The same object by its own type, which isn't checked.
    @inlinable package func `as`<Other: AnyObject>(_ type: Other.Type) -> UncountedReference<Other> {
        unsafe unsafeBitCast(self, to: UncountedReference<Other>.self)
    }
}
