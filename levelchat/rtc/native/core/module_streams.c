/* Calls about sources and outlets, and counts. A closed core takes them and does nothing. */
#include "module.h"

PyObject *lc_py_open_source(lc_module_core *self, PyObject *arguments)
{
    unsigned long long source;
    lc_source_config config = {0};
    int codec, tap, gaps;
    if (!PyArg_ParseTuple(arguments, "KibbbbbIIpp", &source, &codec, &config.payload_type,
                          &config.rtx_payload_type, &config.extensions.ids[LC_AUDIO_LEVEL],
                          &config.extensions.ids[LC_CAPTURE_TIME],
                          &config.extensions.ids[LC_DEPENDENCY], &config.history,
                          &config.clock_rate, &tap, &gaps))
        return NULL;
    config.codec = (enum lc_codec)codec;
    config.tap = tap;
    config.gaps = gaps;
    if (config.clock_rate == 0)
        return PyErr_Format(PyExc_ValueError, "a clock rate of 0");
    if (self->core != NULL)
        lc_core_open_source(self->core, source, &config);
    Py_RETURN_NONE;
}

PyObject *lc_py_close_source(lc_module_core *self, PyObject *arguments)
{
    unsigned long long source;
    if (!PyArg_ParseTuple(arguments, "K", &source))
        return NULL;
    if (self->core != NULL)
        lc_core_close_source(self->core, source);
    Py_RETURN_NONE;
}

PyObject *lc_py_attach(lc_module_core *self, PyObject *arguments)
{
    unsigned long long source, route;
    unsigned int ssrc;
    int repair;
    if (!PyArg_ParseTuple(arguments, "KKIp", &source, &route, &ssrc, &repair))
        return NULL;
    if (self->core != NULL)
        lc_core_attach(self->core, source, route, ssrc, repair);
    Py_RETURN_NONE;
}

PyObject *lc_py_push(lc_module_core *self, PyObject *arguments)
{
    unsigned long long source;
    Py_buffer data;
    long long now_ns;
    if (!PyArg_ParseTuple(arguments, "Ky*L", &source, &data, &now_ns))
        return NULL;
    if (self->core != NULL)
        lc_core_push(self->core, source, lc_packet_new(data.buf, (size_t)data.len, now_ns));
    PyBuffer_Release(&data);
    Py_RETURN_NONE;
}

PyObject *lc_py_open_outlet(lc_module_core *self, PyObject *arguments)
{
    unsigned long long id, route;
    unsigned int ssrc, rtx_ssrc, clock_rate;
    unsigned char ids[LC_ELEMENTS];
    int is_video;
    if (!PyArg_ParseTuple(arguments, "KKIIIpbbb", &id, &route, &ssrc, &rtx_ssrc, &clock_rate,
                          &is_video, &ids[LC_AUDIO_LEVEL], &ids[LC_CAPTURE_TIME],
                          &ids[LC_DEPENDENCY]))
        return NULL;
    if (clock_rate == 0)
        return PyErr_Format(PyExc_ValueError, "a clock rate of 0");
    if (self->core == NULL)
        Py_RETURN_NONE;
    lc_outlet *outlet = lc_new(sizeof *outlet);
    outlet->id = id;
    outlet->route_id = route;
    outlet->ssrc = ssrc;
    outlet->rtx_ssrc = rtx_ssrc;
    outlet->clock_rate = clock_rate;
    outlet->is_video = is_video;
    outlet->cursor = -1;
    memcpy(outlet->extensions.ids, ids, sizeof ids);
    outlet->counts = lc_counts_new(sizeof *outlet->counts);
    lc_rewriter_init(&outlet->rewriter);
    lc_core_open_outlet(self->core, outlet);
    Py_RETURN_NONE;
}

PyObject *lc_py_close_outlet(lc_module_core *self, PyObject *arguments)
{
    unsigned long long outlet;
    if (!PyArg_ParseTuple(arguments, "K", &outlet))
        return NULL;
    if (self->core != NULL)
        lc_core_close_outlet(self->core, outlet);
    Py_RETURN_NONE;
}

PyObject *lc_py_select(lc_module_core *self, PyObject *arguments)
{
    unsigned long long outlet, source;
    lc_selection selection = {0};
    int replay, at_once;
    if (!PyArg_ParseTuple(arguments, "KKbbbbpp", &outlet, &source, &selection.payload_type,
                          &selection.rtx_payload_type, &selection.spatial, &selection.temporal,
                          &replay, &at_once))
        return NULL;
    selection.source = source;
    selection.replay = replay;
    selection.at_once = at_once;
    if (self->core != NULL)
        lc_core_select(self->core, outlet, &selection);
    Py_RETURN_NONE;
}

PyObject *lc_py_probe(lc_module_core *self, PyObject *arguments)
{
    unsigned long long outlet;
    unsigned int bitrate, milliseconds;
    if (!PyArg_ParseTuple(arguments, "KII", &outlet, &bitrate, &milliseconds))
        return NULL;
    if (self->core != NULL)
        lc_core_post_outlet(
            self->core, outlet,
            (lc_message){.kind = LC_PROBE, .value = milliseconds, .other = bitrate});
    Py_RETURN_NONE;
}

/* -- counts */

static unsigned long long read_id(PyObject *arguments, bool *fine)
{
    unsigned long long id = 0;
    *fine = PyArg_ParseTuple(arguments, "K", &id);
    return id;
}

PyObject *lc_py_source_counts(lc_module_core *self, PyObject *arguments)
{
    bool fine;
    unsigned long long id = read_id(arguments, &fine);
    lc_source_counts *of =
        fine && self->core != NULL ? lc_core_source_counts(self->core, id) : NULL;
    if (!fine)
        return NULL;
    if (of == NULL)
        Py_RETURN_NONE;
    /* The loudest since this was asked last. */
    uint64_t level = __atomic_exchange_n(&of->audio_level, LC_SILENCE, __ATOMIC_RELAXED);
    return Py_BuildValue(
        "KKKKKKKKKKKKKK", LC_GET(of->packets), LC_GET(of->bytes), LC_GET(of->lost),
        LC_GET(of->duplicates), LC_GET(of->highest_sequence), LC_GET(of->first_sequence),
        LC_GET(of->jitter), LC_GET(of->ssrc), LC_GET(of->restarts), LC_GET(of->key_frames),
        LC_GET(of->last_packet_ns), level, LC_GET(of->last_sender_report),
        LC_GET(of->last_sender_report_ns));
}

PyObject *lc_py_outlet_counts(lc_module_core *self, PyObject *arguments)
{
    bool fine;
    unsigned long long id = read_id(arguments, &fine);
    lc_outlet_counts *of =
        fine && self->core != NULL ? lc_core_outlet_counts(self->core, id) : NULL;
    if (!fine)
        return NULL;
    if (of == NULL)
        Py_RETURN_NONE;
    return Py_BuildValue("KKKKKKKKKLKK", LC_GET(of->source), LC_GET(of->packets),
                         LC_GET(of->bytes), LC_GET(of->resent), LC_GET(of->nacked),
                         LC_GET(of->unanswered), LC_GET(of->plis), LC_GET(of->reports),
                         LC_GET(of->fraction_lost), LC_GET(of->packets_lost),
                         LC_GET(of->jitter), LC_GET(of->round_trip_ns));
}

PyObject *lc_py_route_counts(lc_module_core *self, PyObject *arguments)
{
    bool fine;
    unsigned long long id = read_id(arguments, &fine);
    lc_route_counts *of =
        fine && self->core != NULL ? lc_core_route_counts(self->core, id) : NULL;
    if (!fine)
        return NULL;
    if (of == NULL)
        Py_RETURN_NONE;
    return Py_BuildValue("KKKKK", LC_GET(of->srtp_packets), LC_GET(of->srtcp_packets),
                         LC_GET(of->srtp_errors), LC_GET(of->remb), LC_GET(of->remb_ns));
}

PyObject *lc_py_totals(lc_module_core *self, PyObject *Py_UNUSED(arguments))
{
    if (self->core == NULL)
        Py_RETURN_NONE;
    lc_totals sum = lc_core_totals(self->core);
    return Py_BuildValue("KKKKKKKKK", sum.received, sum.forwarded, sum.resent,
                         sum.forwarded_bytes, sum.unknown, sum.srtp_errors, sum.send_errors,
                         lc_events_dropped(&self->core->common.events), sum.dropped_packets);
}
