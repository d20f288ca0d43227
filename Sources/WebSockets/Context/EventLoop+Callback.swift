internal import CLibwebsockets

/// The one function that libwebsockets calls, for every protocol and vhost.
///
/// At file scope, because a closure formed inside an actor's code traps when C calls it on another thread.
func websocketsCallback(
    _ wsi: OpaquePointer?,
    _ reason: lws_callback_reasons,
    _ user: UnsafeMutableRawPointer?,
    _ input: UnsafeMutableRawPointer?,
    _ length: Int
) -> Int32 {
    // Of a vhost that is being made, not of a socket.
    if reason == LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS { return unsafe clws_secure_vhost(input, user) }
    guard let wsi = unsafe wsi, let owner = unsafe lws_context_user(lws_get_context(wsi)) else { return 0 }
    let loop = unsafe Unmanaged<EventLoop>.fromOpaque(owner).takeUnretainedValue()
    if reason == LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED, let adopting = unsafe loop.adopting {
        // What takes a head has no parameter for the handle.
        unsafe lws_set_opaque_user_data(wsi, adopting)
        unsafe loop.adopting = nil
    }
    guard let opaque = unsafe lws_get_opaque_user_data(wsi), let socket = loop.sockets[UInt(bitPattern: opaque)]
    else { return 0 }
    unsafe socket.bind(wsi)
    let bytes = unsafe UnsafeBufferPointer(start: input?.assumingMemoryBound(to: UInt8.self), count: length)

    switch reason {
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
        return unsafe socket.confirmUpgrade(wsi, to: input)
    case LWS_CALLBACK_HTTP:
        return unsafe socket.requested(wsi)
    case LWS_CALLBACK_HTTP_BODY:
        return unsafe socket.receiveBody(bytes)
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
        return unsafe socket.completedBody(wsi)
    case LWS_CALLBACK_HTTP_DROP_PROTOCOL:
        // After an answer, when it was written whole: only then the next request may come.
        socket.handshake?.endTransaction()
    case LWS_CALLBACK_TIMER:
        return socket.bodyTimedOut()
    case LWS_CALLBACK_ESTABLISHED:
        return unsafe socket.accepted(wsi)
    case LWS_CALLBACK_RECEIVE:
        unsafe socket.receive(
            bytes,
            isFirst: lws_is_first_fragment(wsi) != 0,
            isFinal: lws_is_final_fragment(wsi) != 0,
            isText: lws_frame_is_binary(wsi) == 0,
            remaining: Int(clamping: lws_remaining_packet_payload(wsi))
        )
    case LWS_CALLBACK_RECEIVE_PONG:
        if socket.isOpen { socket.delegate.assumeIsolated { $0.ponged(socket) } }
    case LWS_CALLBACK_RAW_RX:
        // Who reads a stream has nothing to say.
        return -1
    case LWS_CALLBACK_SERVER_WRITEABLE, LWS_CALLBACK_RAW_WRITEABLE:
        socket.becameWritable()
    case LWS_CALLBACK_HTTP_WRITEABLE:
        // Of a plain answer nothing of ours waits.
        if socket.isStream { socket.becameWritable() }
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
        return unsafe socket.peerCloses(bytes) ? 0 : -1
    case LWS_CALLBACK_CLOSED, LWS_CALLBACK_CLOSED_HTTP, LWS_CALLBACK_RAW_CLOSE:
        socket.closed()
    case LWS_CALLBACK_WSI_DESTROY:
        loop.forget(socket)
    default:
        break
    }
    return 0
}
