#pragma once
#include <fcntl.h>
#include <libwebsockets.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

// Things that Swift can't express: options beyond 32 bits, macros of macros, zeroed C structs with nested pointers.
// Every function has the prefix of the module.

enum { clws_maximum_protocols = 8 };

/// The options of a vhost's protocols.
struct clws_protocol_options {
    lws_callback_function *callback;
    size_t receive_buffer;   ///< bytes that each connection keeps for reading, for life
    size_t transmit_packet;  ///< most bytes handed to one send(2); 0 would mean the receive buffer's size
};

/// All zero: never pings, never hangs up.
///
/// The default inserts every connection into one sorted list, O(n) each.
///
/// A context can't be given this policy: its own default, 300 s and 310 s, applies to connections without one. So each
/// vhost gets the policy, for the connections that it adopts.
static inline const lws_retry_bo_t *clws_no_validity_timers(void) {
    static const lws_retry_bo_t policy;
    return &policy;
}

/// The timeouts of a context when nothing else is set; 0 keeps the defaults of libwebsockets.
typedef struct clws_defaults_t {
    unsigned short ping;     ///< seconds without a sign of life until it pings
    unsigned short hang_up;  ///< seconds until it hangs up; more than the former
    unsigned int timeout;    ///< seconds that a step of a handshake or of an HTTP transaction may take
} clws_defaults_t;

/// Creates a context on a foreign libuv loop, without vhosts and without libwebsockets' own validity timers.
///
/// Only the first context of the process may initialise TLS. Each initialisation of libwebsockets 4.1.6 takes new
/// indices for its data in OpenSSL's objects, and stores them in global variables. Handshakes under way on other
/// threads then fail.
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
    // Room for a head of 16 KiB, and for what libwebsockets adds to each value.
    info.max_http_header_data = 16384 + 1024;
    // The time for a TLS handshake. It is off while a request waits for its answer, or an answer for its reader:
    // whoever answers limits that time.
    info.timeout_secs = defaults.timeout;
    // libwebsockets copies the two numbers.
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

/// Creates a vhost that adopts accepted sockets.
///
/// `protocols` must outlive it, and has count + 1 entries.
///
/// With `tls`, a clws_tls_t, the vhost uses TLS: before this returns, its callback is called once to secure it (tls.h).
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
    // Without this an upgrade to h2c is accepted, by a parser with known bugs.
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

/// Accepts a connection that child processes don't inherit: accept4(2), which is declared with GNU's extensions only.
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

/// Adopts a connection as a raw one, on which libwebsockets speaks no protocol.
static inline struct lws *clws_adopt_raw(struct lws_vhost *vhost, int descriptor, void *opaque) {
    return clws_adopt_as(vhost, descriptor, opaque, LWS_ADOPT_SOCKET);
}

/// Closes the descriptor at the loop's next turn, without a shutdown, which would affect duplicates of it.
static inline void clws_discard(struct lws *wsi) {
    lws_set_timeout(wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_ASYNC);
    lws_cancel_service(lws_get_context(wsi));
}

/// `send` without SIGPIPE, and without a cancellation point, which costs the C library two atomics each time.
static inline ssize_t clws_send(int descriptor, const void *bytes, size_t count) {
    return syscall(SYS_sendto, descriptor, bytes, count, MSG_NOSIGNAL, NULL, 0);
}

/// Prefetches memory that is read soon; any address is allowed.
static inline void clws_prefetch(const void *address) { __builtin_prefetch(address); }

/// Sends ready bytes without libwebsockets' framing.
///
/// It never writes to `bytes`, though its parameter isn't const.
static inline int clws_write_raw(struct lws *wsi, const void *bytes, size_t count) {
    return lws_write(wsi, (unsigned char *)bytes, count, LWS_WRITE_RAW);
}

/// Kills a connection from outside its callbacks.
///
/// A timeout that is set outside of a callback isn't noticed before the loop's next service, so the loop is woken.
static inline void clws_kill(struct lws *wsi) {
    lws_set_timeout(wsi, PENDING_TIMEOUT_HTTP_KEEPALIVE_IDLE, LWS_TO_KILL_ASYNC);
    lws_cancel_service(lws_get_context(wsi));
}
