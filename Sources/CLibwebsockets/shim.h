#pragma once
#include <fcntl.h>
#include <libwebsockets.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

// What a header can't say in Swift: options beyond 32 bits, macros over macros, zeroed C structs with nested pointers.
// Every function carries the module's prefix.

enum { clws_maximum_protocols = 8 };

/// How every protocol of a vhost is served.
struct clws_protocol_options {
    lws_callback_function *callback;
    size_t receive_buffer;   ///< bytes that each connection keeps for reading, for life
    size_t transmit_packet;  ///< most bytes handed to one send(2); 0 would mean the receive buffer's size
};

/// All zero: never pings, never hangs up. The default inserts every connection into one sorted list, O(n) each.
///
/// A context can't be given it: its own default, 300 s and 310 s, is for whoever isn't. So each vhost that is made is
/// given it, for what it adopts.
static inline const lws_retry_bo_t *clws_no_validity_timers(void) {
    static const lws_retry_bo_t policy;
    return &policy;
}

/// What a context gives to whatever isn't told otherwise; 0 leaves what libwebsockets brings.
typedef struct clws_defaults_t {
    unsigned short ping;     ///< seconds without a sign of life until it pings
    unsigned short hang_up;  ///< seconds until it hangs up; more than the former
    unsigned int timeout;    ///< seconds that a step of a handshake or of an HTTP transaction may take
} clws_defaults_t;

/// Creates a context on a foreign libuv loop, without vhosts and without libwebsockets' own validity timers.
///
/// Only the process's first one may initialise TLS: each time, libwebsockets 4.1.6 takes new indices for what it stores
/// in OpenSSL's objects, in global variables, and every handshake that is under way on another thread then fails.
static inline struct lws_context *clws_create_context(
    void *uv_loop, void *user, struct lws_context **finalized, int is_first, clws_defaults_t defaults
) {
    if (is_first) { lws_set_log_level(0, NULL); }
    void *loops[1] = {uv_loop};
    struct lws_context_creation_info info;
    memset(&info, 0, sizeof info);
    info.port = CONTEXT_PORT_NO_LISTEN;
    info.options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS;
    if (is_first) { info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT; }
    info.foreign_loops = loops;
    info.user = user;
    info.pcontext = finalized;
    info.pt_serv_buf_size = 65536;
    // Room for 16 KiB of a head, and for what is added to each of its values.
    info.max_http_header_data = 16384 + 1024;
    // How long a client may take for TLS. It is off for a request that waits for its answer, and for an answer that
    // waits for its reader: whoever answers sees to the time.
    info.timeout_secs = defaults.timeout;
    // It copies the two numbers.
    lws_retry_bo_t policy;
    memset(&policy, 0, sizeof policy);
    policy.secs_since_valid_ping = defaults.ping;
    policy.secs_since_valid_hangup = defaults.hang_up;
    info.retry_and_idle_policy = &policy;
    info.gid = (gid_t)-1;
    info.uid = (uid_t)-1;
    return lws_create_context(&info);
}

static inline void clws_fill_protocols(
    struct lws_protocols *protocols, const char *const *names, int count, struct clws_protocol_options options
) {
    memset(protocols, 0, sizeof(struct lws_protocols) * (size_t)(count + 1));
    for (int index = 0; index < count; index++) {
        protocols[index].name = names[index];
        protocols[index].callback = options.callback;
        protocols[index].rx_buffer_size = options.receive_buffer;
        protocols[index].tx_packet_size = options.transmit_packet;
        protocols[index].id = (unsigned int)index;
    }
}

/// Creates a vhost that adopts accepted sockets. `protocols` must outlive it; it has count + 1 entries.
///
/// With `tls`, a clws_tls_t, it speaks TLS: its callback is asked once to secure it (tls.h), before this returns.
static inline struct lws_vhost *clws_create_server_vhost(
    struct lws_context *context, struct lws_protocols *protocols, const char *const *names, int count,
    struct clws_protocol_options options, unsigned int header_timeout, void *tls
) {
    struct lws_context_creation_info info;
    memset(&info, 0, sizeof info);
    clws_fill_protocols(protocols, names, count, options);
    info.port = CONTEXT_PORT_NO_LISTEN_SERVER;
    info.vhost_name = "server";
    info.retry_and_idle_policy = clws_no_validity_timers();
    info.protocols = protocols;
    // Without this an upgrade to h2c is taken, with all its parsing bugs.
    info.alpn = "http/1.1";
    info.timeout_secs_ah_idle = header_timeout;
    info.user = tls;
    if (tls) {
        info.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT | LWS_SERVER_OPTION_CREATE_VHOST_SSL_CTX
            | LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS;
    }
    info.keepalive_timeout = 5;
    return lws_create_vhost(context, &info);
}

/// Accepts a connection that no other program inherits: accept4(2), which is declared with GNU's extensions only.
static inline int clws_accept(int descriptor, struct sockaddr *address, socklen_t *length) {
    return (int)syscall(SYS_accept4, descriptor, address, length, SOCK_CLOEXEC);
}

static inline struct lws *clws_adopt_as(struct lws_vhost *vhost, int descriptor, void *opaque, int type) {
    lws_adopt_desc_t info;
    memset(&info, 0, sizeof info);
    info.vh = vhost;
    info.type = type;
    info.fd.sockfd = descriptor;
    info.opaque = opaque;
    return lws_adopt_descriptor_vhost_via_info(&info);
}

static inline struct lws *clws_adopt(struct lws_vhost *vhost, int descriptor, int secure, void *opaque) {
    const int type = LWS_ADOPT_SOCKET | LWS_ADOPT_HTTP;
    return clws_adopt_as(vhost, descriptor, opaque, secure ? type | LWS_ADOPT_ALLOW_SSL : type);
}

/// Adopts a connection on which libwebsockets speaks no protocol.
static inline struct lws *clws_adopt_raw(struct lws_vhost *vhost, int descriptor, void *opaque) {
    return clws_adopt_as(vhost, descriptor, opaque, LWS_ADOPT_SOCKET);
}

/// Closes the descriptor at the loop's next turn, and nothing else: no shutdown that a duplicate of it would feel.
static inline void clws_discard(struct lws *wsi) {
    lws_set_timeout(wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_ASYNC);
    lws_cancel_service(lws_get_context(wsi));
}

/// `send` without SIGPIPE, and without being a cancellation point: the C library pays two atomics for that each time.
static inline ssize_t clws_send(int descriptor, const void *bytes, size_t count) {
    return syscall(SYS_sendto, descriptor, bytes, count, MSG_NOSIGNAL, NULL, 0);
}

/// Asks the processor for memory that is read soon; harmless wherever it points.
static inline void clws_prefetch(const void *address) { __builtin_prefetch(address); }

/// Sends ready bytes past libwebsockets' framing. It never writes to `bytes`, though its parameter isn't const.
static inline int clws_write_raw(struct lws *wsi, const void *bytes, size_t count) {
    return lws_write(wsi, (unsigned char *)bytes, count, LWS_WRITE_RAW);
}

/// Kills a connection from outside its callbacks.
///
/// A timeout set from outside a callback is not looked at until the loop's next service: hence the nudge.
static inline void clws_kill(struct lws *wsi) {
    lws_set_timeout(wsi, PENDING_TIMEOUT_HTTP_KEEPALIVE_IDLE, LWS_TO_KILL_ASYNC);
    lws_cancel_service(lws_get_context(wsi));
}
