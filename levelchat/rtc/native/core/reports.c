/* A publisher's sender report to all who get its packets (F16). */
#include "shard.h"

#define CNAME 1 /* RFC 3550 §6.5.1 */

static size_t write_description(uint8_t *out, uint32_t ssrc, const char *cname)
{
    size_t length = strlen(cname), at = 10 + length;
    memcpy(out + 10, cname, length);
    /* RFC 3550 §6.5: one or more null octets, up to a 32-bit boundary. */
    do
        out[at++] = 0;
    while (at % 4);
    out[0] = 0x81;
    out[1] = 202;
    lc_put16(out + 2, (uint16_t)(at / 4 - 1));
    lc_put32(out + 4, ssrc);
    out[8] = CNAME;
    out[9] = (uint8_t)length;
    return at;
}

static void send_one(lc_shard *shard, lc_outlet *outlet, const lc_report *report)
{
    uint8_t out[28 + 300];
    const lc_run *run = lc_rewriter_run(&outlet->rewriter);
    out[0] = 0x80;
    out[1] = 200;
    lc_put16(out + 2, 6);
    lc_put32(out + 4, outlet->ssrc);
    lc_put64(out + 8, report->ntp);
    lc_put32(out + 16, report->timestamp + run->timestamp);
    lc_put32(out + 20, (uint32_t)outlet->counts->packets);
    lc_put32(out + 24, (uint32_t)outlet->counts->bytes);
    size_t size = 28 + write_description(out + 28, outlet->ssrc, outlet->route->cname);
    lc_wire_rtcp(shard, outlet->route, out, size);
    uint32_t index = outlet->report_count++ % LC_REPORTS;
    outlet->reports[index].middle = (uint32_t)(report->ntp >> 16);
    outlet->reports[index].sent_ns = report->now_ns;
}

void lc_send_reports(lc_shard *shard, lc_view *view, const lc_report *report)
{
    const lc_crowd *carrying = &view->crowds[LC_CARRYING];
    view->report = *report;
    for (uint32_t index = 0; index < carrying->count; index++) {
        lc_outlet *outlet = carrying->outlets[index];
        const lc_run *run = outlet->has_run ? lc_rewriter_run(&outlet->rewriter) : NULL;
        /* Who sends nothing yet of what the report is about says nothing. */
        if (run != NULL && run->source == view->id && run->epoch == view->epoch)
            send_one(shard, outlet, report);
    }
    lc_wire_flush(shard);
}
