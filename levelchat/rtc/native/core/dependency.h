/* The dependency descriptor (AV1 RTP payload format 1.0, appendix A). */
#ifndef LC_DEPENDENCY_H
#define LC_DEPENDENCY_H

#include "packet.h"

enum { LC_NOT_PRESENT = 0, LC_SWITCH = 2 };

typedef struct lc_structure lc_structure;

/* The newest template structure of one source; zeros in the beginning. */
typedef struct {
    lc_structure *structure;
    uint32_t active;
} lc_dependency;

/* What the element says; NULL where that cannot be known. The caller frees it. */
lc_frame *lc_dependency_read(lc_dependency *self, const uint8_t *element, size_t size);
void lc_dependency_forget(lc_dependency *self);

#endif
