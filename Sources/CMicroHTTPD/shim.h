#ifndef COFFER_CMICROHTTPD_SHIM_H
#define COFFER_CMICROHTTPD_SHIM_H

#include <microhttpd.h>
#include <stdint.h>
#include <string.h>
/* Swift's Glibc module leaves this one out. */
#include <sys/eventfd.h>
#include <sys/socket.h>

/* MHD_start_daemon is variadic, and Swift imports no variadic function. The modes that never change are set here:
 * a thread for each connection (a handler may block), poll (select breaks beyond descriptor 1023), and the
 * wake-up channel without which MHD_quiesce_daemon refuses to work. */
static inline struct MHD_Daemon *coffer_start_daemon(
    int listen_fd, unsigned int connection_limit, unsigned int idle_timeout_seconds,
    size_t connection_memory_bytes, size_t stack_bytes, MHD_NotifyConnectionCallback on_connection,
    MHD_AccessHandlerCallback on_request, MHD_RequestCompletedCallback on_completion, void *context) {
    return MHD_start_daemon(
        MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL | MHD_USE_ITC, 0,
        NULL, NULL, on_request, context,
        MHD_OPTION_LISTEN_SOCKET, listen_fd,
        MHD_OPTION_CONNECTION_LIMIT, connection_limit,
        MHD_OPTION_CONNECTION_TIMEOUT, idle_timeout_seconds,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, connection_memory_bytes,
        MHD_OPTION_THREAD_STACK_SIZE, stack_bytes,
        MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, context,
        MHD_OPTION_NOTIFY_COMPLETED, on_completion, context,
        MHD_OPTION_END);
}

/* MHD_get_connection_info is variadic too; -1 when there is no socket. */
static inline int coffer_connection_socket(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info == NULL ? -1 : info->connect_fd;
}

/* What the connection callback left in its `socket_context`, or NULL. */
static inline void *coffer_connection_context(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info == NULL ? NULL : info->socket_context;
}

/* The compiler may drop a memset of memory that it sees no reader of; this one it keeps. */
static inline void coffer_wipe(const char *bytes, size_t count) {
    explicit_bzero((void *)(uintptr_t)bytes, count);
}

/* struct ucred is hidden from Swift's Glibc module (_GNU_SOURCE); this is its layout. */
struct coffer_credentials {
    int32_t pid;
    uint32_t uid;
    uint32_t gid;
};

/* Who connected, as the kernel recorded it; 0 on success. */
static inline int coffer_peer_credentials(int descriptor, struct coffer_credentials *credentials) {
    socklen_t length = sizeof *credentials;
    int result = getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, credentials, &length);
    return result == 0 && length == sizeof *credentials ? 0 : -1;
}

#endif
