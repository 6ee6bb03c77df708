/* Addresses of UDP peers. */
#ifndef LC_ADDRESS_H
#define LC_ADDRESS_H

#include <netinet/in.h>
#include <sys/socket.h>

#include "base.h"

typedef struct {
    socklen_t size; /* 0: none */
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    };
} lc_address;

/* From text; as an IPv4-mapped address for an IPv6 socket. False for what is none. */
bool lc_address_read(lc_address *self, int family, const char *host, int port, uint32_t flow,
                     uint32_t scope);
bool lc_address_equal(const lc_address *one, const lc_address *other);
/* Never 0. */
uint64_t lc_address_hash(const lc_address *self);

#endif
