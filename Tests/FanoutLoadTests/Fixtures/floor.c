// The floor once more, in C: epoll, TCP_NODELAY, one send() for each client and event. It checks that
// `fanout-load floor` costs what a plain C loop costs, and is built by hand:
//
//   cc -O2 -Wall -Wextra -o floor floor.c
//   ./floor PORT RATE SIZE SECONDS            RATE events a second, each SIZE bytes of text
//   ./floor PORT -IN_FLIGHT SIZE SECONDS      as many as keep IN_FLIGHT on their way
//
// It begins when a client has sent a pong with a count, as `fanout-load run --acknowledge` does; further pongs say how
// many events have reached everyone. It listens on 127.0.0.1 only, and ends by itself. A client whose socket is full is
// closed: whatever such a client would need is more than a floor does.
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MOST_CLIENTS = 200000, LARGEST_EVENT = 65000, HEAD = 4096, OVERHEAD = 160 };

typedef struct {
    int descriptor;
    int is_open;
    int filled;
    unsigned char *input;
} client;

static client *clients;
static int count;
static long long acknowledged = -1;
static volatile sig_atomic_t stopped;

static void stop(int number) {
    (void)number;
    stopped = 1;
}

static double now(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

// SHA-1 (FIPS 180-4) of at most 119 bytes: a handshake's key and its suffix are 60.
static void sha1(const unsigned char *text, size_t length, unsigned char digest[20]) {
    uint32_t h[5] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
    unsigned char padded[128] = {0};
    size_t total = length < 56 ? 64 : 128;
    memcpy(padded, text, length);
    padded[length] = 0x80;
    padded[total - 2] = (unsigned char)(length * 8 >> 8);
    padded[total - 1] = (unsigned char)(length * 8);
    for (size_t block = 0; block < total; block += 64) {
        uint32_t w[80], a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
        for (int i = 0; i < 16; i++) {
            const unsigned char *p = padded + block + 4 * i;
            w[i] = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
        }
        for (int i = 16; i < 80; i++) {
            uint32_t x = w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16];
            w[i] = x << 1 | x >> 31;
        }
        for (int i = 0; i < 80; i++) {
            uint32_t f = i < 20 ? (b & c) | (~b & d) : i < 40 ? b ^ c ^ d : i < 60 ? (b & c) | (b & d) | (c & d) : b ^ c ^ d;
            uint32_t k = i < 20 ? 0x5A827999 : i < 40 ? 0x6ED9EBA1 : i < 60 ? 0x8F1BBCDC : 0xCA62C1D6;
            uint32_t next = (a << 5 | a >> 27) + f + e + k + w[i];
            e = d, d = c, c = b << 30 | b >> 2, b = a, a = next;
        }
        h[0] += a, h[1] += b, h[2] += c, h[3] += d, h[4] += e;
    }
    for (int i = 0; i < 20; i++) digest[i] = (unsigned char)(h[i / 4] >> (24 - 8 * (i % 4)));
}

static void base64(const unsigned char digest[20], char text[29]) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (int i = 0; i < 7; i++) {
        uint32_t bits = (uint32_t)digest[3 * i] << 16 | (uint32_t)digest[3 * i + 1] << 8 | (i < 6 ? digest[3 * i + 2] : 0);
        for (int j = 0; j < 4; j++) text[4 * i + j] = digits[bits >> (18 - 6 * j) & 63];
    }
    text[27] = '=';
    text[28] = 0;
}

static void leave(client *one) {
    if (one->descriptor >= 0) close(one->descriptor);
    free(one->input);
    *one = (client){.descriptor = -1};
}

// Answers a request whose head is complete; 0 while it isn't.
static int shake(client *one) {
    char *head = (char *)one->input;
    head[one->filled] = 0;
    char *end = strstr(head, "\r\n\r\n");
    if (!end) return 0;
    char *key = strcasestr(head, "\r\nsec-websocket-key:");
    if (!key || key > end) return -1;
    key += strlen("\r\nsec-websocket-key:");
    while (*key == ' ') key++;
    char text[64];
    unsigned char digest[20];
    if (snprintf(text, sizeof text, "%.24s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key) != 60) return -1;
    sha1((unsigned char *)text, 60, digest);
    char accept[29], answer[256];
    base64(digest, accept);
    int is_plain = strstr(head, "fanout.v1.json") != NULL;
    int length = snprintf(answer, sizeof answer,
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n%s\r\n",
        accept, is_plain ? "Sec-WebSocket-Protocol: fanout.v1.json\r\n" : "");
    if (send(one->descriptor, answer, (size_t)length, MSG_NOSIGNAL) != length) return -1;
    one->is_open = 1;
    one->filled = 0;
    return 1;
}

// Takes short masked frames: a pong is a count, a close is a goodbye, everything else is passed over.
static int take(client *one) {
    int position = 0;
    while (one->filled - position >= 6) {
        unsigned char *frame = one->input + position;
        int length = frame[1] & 0x7F, opcode = frame[0] & 0x0F;
        if (!(frame[1] & 0x80) || length > 125 || opcode == 8) return -1;
        if (one->filled - position < 6 + length) break;
        if (opcode == 10 && length < 20) {
            char digits[21] = {0};
            for (int i = 0; i < length; i++) digits[i] = (char)(frame[6 + i] ^ frame[2 + i % 4]);
            long long number = strtoll(digits, NULL, 10);
            if (number > acknowledged) acknowledged = number;
        }
        position += 6 + length;
    }
    memmove(one->input, one->input + position, (size_t)(one->filled - position));
    one->filled -= position;
    return 0;
}

static void receive(client *one) {
    if (one->descriptor < 0) return;
    ssize_t length = recv(one->descriptor, one->input + one->filled, (size_t)(HEAD - one->filled), 0);
    if (length < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (length <= 0) return leave(one);
    one->filled += (int)length;
    int result = one->is_open ? take(one) : shake(one);
    if (result < 0 || one->filled >= HEAD) leave(one);
}

static size_t write_event(unsigned char *frame, long long number, int size) {
    char text[LARGEST_EVENT + OVERHEAD];
    int length = snprintf(text, sizeof text,
        "{\"type\":\"event\",\"topic\":\"tick\",\"epoch\":\"floor\",\"sequence\":%lld,\"payload\":{\"data\":{\"tick\":{\"n\":%lld,"
        "\"at\":%.3f,\"pad\":\"", number, number, now(CLOCK_REALTIME) * 1000);
    while (length < size - 5) text[length++] = 'x';
    memcpy(text + length, "\"}}}}", 5);
    length += 5;
    size_t start = length < 126 ? 2 : 4;
    frame[0] = 0x81;
    frame[1] = (unsigned char)(length < 126 ? length : 126);
    if (start == 4) frame[2] = (unsigned char)(length >> 8), frame[3] = (unsigned char)length;
    memcpy(frame + start, text, (size_t)length);
    return start + (size_t)length;
}

int main(int argc, char **argv) {
    if (argc != 5) return fprintf(stderr, "usage: floor PORT RATE|-IN_FLIGHT SIZE SECONDS\n"), 64;
    long pace = atol(argv[2]), size = atol(argv[3]);
    double seconds = atof(argv[4]);
    if (pace == 0 || size < 1 || size > LARGEST_EVENT || seconds <= 0 || seconds > 600) return 64;
    signal(SIGTERM, stop);
    signal(SIGINT, stop);
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    clients = calloc(MOST_CLIENTS, sizeof *clients);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[1])),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (!clients || bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 4096)) {
        return perror("floor"), 71;
    }
    int poller = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = UINT32_MAX}, events[1024];
    epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event);

    long long made = 0, sends = 0;
    double began = 0, end = now(CLOCK_MONOTONIC) + seconds;
    static unsigned char frame[LARGEST_EVENT + OVERHEAD + 4];
    while (!stopped && now(CLOCK_MONOTONIC) < end) {
        if (acknowledged >= 0) {
            if (began == 0) began = now(CLOCK_MONOTONIC);
            long long due = pace < 0 ? acknowledged - pace : (long long)((now(CLOCK_MONOTONIC) - began) * (double)pace) + 1;
            if (due > made + 4096) due = made + 4096;
            for (; made < due; sends += count) {
                size_t length = write_event(frame, ++made, (int)size);
                for (int i = 0; i < count; i++) {
                    if (!clients[i].is_open) continue;
                    if (send(clients[i].descriptor, frame, length, MSG_NOSIGNAL) != (ssize_t)length) leave(&clients[i]);
                }
            }
        }
        int ready = epoll_wait(poller, events, 1024, acknowledged < 0 || pace < 0 ? 50 : 1);
        for (int i = 0; i < ready; i++) {
            if (events[i].data.u32 != UINT32_MAX) {
                receive(&clients[events[i].data.u32]);
                continue;
            }
            int descriptor;
            while (count < MOST_CLIENTS && (descriptor = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
                setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
                clients[count] = (client){.descriptor = descriptor, .input = malloc(HEAD + 1)};
                if (!clients[count].input) return 71;
                event = (struct epoll_event){.events = EPOLLIN, .data.u32 = (uint32_t)count++};
                epoll_ctl(poller, EPOLL_CTL_ADD, descriptor, &event);
            }
        }
    }
    double used = now(CLOCK_PROCESS_CPUTIME_ID);
    printf("%lld events, %lld sends, %.2f s of CPU, %.2f s for a million sends\n", made, sends, used,
           sends ? used / (double)sends * 1e6 : 0);
    return 0;
}
