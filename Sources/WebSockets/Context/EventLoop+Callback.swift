internal import CLibwebsockets

/// The callback that libwebsockets calls for every protocol and vhost.
///
/// It is a function at file scope: a closure formed in an actor's code traps when C calls it on another thread.
func websocketsCallback(
    _ wsi: OpaquePointer?,
    _ reason: lws_callback_reasons,
    _ user: UnsafeMutableRawPointer?,
    _ input: UnsafeMutableRawPointer?,
    _ length: Int
) -> Int32 {
    // This callback concerns a vhost that is being made, not a socket.
    if reason == LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS { return unsafe clws_secure_vhost(input, user) }
    guard let wsi = unsafe wsi, let owner = unsafe lws_context_user(lws_get_context(wsi)) else { return 0 }
    let loop = unsafe Unmanaged<EventLoop>.fromOpaque(owner).takeUnretainedValue()
    if reason == LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED, let adopting = unsafe loop.adopting {
        // The adoption call that passes a head has no parameter for the handle, so the handle is set here.
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
        // It comes when an answer has been written completely. Only then may the next request come.
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
        if socket.isOpen { socket.delegate.onLoop { $0.ponged(socket) } }
    case LWS_CALLBACK_RAW_RX:
        // A raw connection is a stream of server-sent events, whose reader must not send anything.
        return -1
    case LWS_CALLBACK_SERVER_WRITEABLE, LWS_CALLBACK_RAW_WRITEABLE:
        socket.becameWritable()
    case LWS_CALLBACK_HTTP_WRITEABLE:
        // A plain answer leaves nothing to write here.
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
