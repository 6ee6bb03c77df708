/* Addresses: read, compared, hashed. */
#include "address.h"

#include <arpa/inet.h>

bool lc_address_read(lc_address *self, int family, const char *host, int port, uint32_t flow,
                     uint32_t scope)
{
    struct in_addr v4;
    memset(self, 0, sizeof *self);
    if (port < 0 || port > 65535)
        return false;
    bool is_v4 = inet_pton(AF_INET, host, &v4) == 1;
    if (family == AF_INET) {
        if (!is_v4)
            return false;
        self->v4.sin_family = AF_INET;
        self->v4.sin_port = htons((uint16_t)port);
        self->v4.sin_addr = v4;
        self->size = sizeof self->v4;
        return true;
    }
    self->v6.sin6_family = AF_INET6;
    self->v6.sin6_port = htons((uint16_t)port);
    self->size = sizeof self->v6;
    if (is_v4) {
        /* RFC 4291 §2.5.5.2. */
        memset(self->v6.sin6_addr.s6_addr + 10, 0xFF, 2);
        memcpy(self->v6.sin6_addr.s6_addr + 12, &v4, 4);
        return true;
    }
    self->v6.sin6_flowinfo = htonl(flow);
    self->v6.sin6_scope_id = scope;
    return inet_pton(AF_INET6, host, &self->v6.sin6_addr) == 1;
}

bool lc_address_equal(const lc_address *one, const lc_address *other)
{
    if (one->any.sa_family != other->any.sa_family)
        return false;
    if (one->any.sa_family == AF_INET)
        return one->v4.sin_port == other->v4.sin_port &&
               one->v4.sin_addr.s_addr == other->v4.sin_addr.s_addr;
    return one->v6.sin6_port == other->v6.sin6_port &&
           one->v6.sin6_scope_id == other->v6.sin6_scope_id &&
           memcmp(&one->v6.sin6_addr, &other->v6.sin6_addr, sizeof one->v6.sin6_addr) == 0;
}

uint64_t lc_address_hash(const lc_address *self)
{
    uint64_t hash;
    if (self->any.sa_family == AF_INET) {
        hash = (uint64_t)self->v4.sin_addr.s_addr << 16 | self->v4.sin_port;
    } else {
        uint64_t half[2];
        memcpy(half, &self->v6.sin6_addr, sizeof half);
        hash = (half[0] * 0x9E3779B97F4A7C15ULL ^ half[1]) * 0xD6E8FEB86659FD93ULL;
        hash ^= (uint64_t)self->v6.sin6_port << 32 ^ self->v6.sin6_scope_id;
    }
    return hash | 1ULL << 63;
}
