/* The Python module: a type for the core, one for the sink of benchmarks, and the limits. */
#include "module.h"

#include <errno.h>
#include <stdlib.h>

static int core_init(lc_module_core *self, PyObject *arguments, PyObject *names)
{
    static char *known[] = {"offset_ns", "functions", NULL};
    unsigned long long protect, unprotect, protect_rtcp, unprotect_rtcp;
    if (!PyArg_ParseTupleAndKeywords(arguments, names, "L(KKKK)", known, &self->offset_ns,
                                     &protect, &unprotect, &protect_rtcp, &unprotect_rtcp))
        return -1;
    self->srtp = (lc_srtp){
        (lc_srtp_function)(uintptr_t)protect,
        (lc_srtp_function)(uintptr_t)unprotect,
        (lc_srtp_function)(uintptr_t)protect_rtcp,
        (lc_srtp_function)(uintptr_t)unprotect_rtcp,
    };
    Py_XSETREF(self->sessions, PyDict_New());
    return self->sessions != NULL ? 0 : -1;
}

static void close_core(lc_module_core *self)
{
    lc_core *core = self->core;
    self->core = NULL;
    if (core != NULL) {
        Py_BEGIN_ALLOW_THREADS
        lc_core_close(core);
        Py_END_ALLOW_THREADS
        free(core);
    }
    /* No thread uses them now. */
    if (self->sessions != NULL)
        PyDict_Clear(self->sessions);
}

static void core_dealloc(lc_module_core *self)
{
    close_core(self);
    Py_XDECREF(self->sessions);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static PyObject *core_close(lc_module_core *self, PyObject *Py_UNUSED(ignored))
{
    close_core(self);
    Py_RETURN_NONE;
}

static bool read_descriptors(PyObject *list, int *fds, Py_ssize_t count)
{
    for (Py_ssize_t index = 0; index < count; index++) {
        fds[index] = (int)PyLong_AsLong(PySequence_Fast_GET_ITEM(list, index));
        if (fds[index] == -1 && PyErr_Occurred())
            return false;
    }
    return true;
}

static PyObject *core_open(lc_module_core *self, PyObject *descriptors)
{
    int fds[LC_MAX_SHARDS];
    PyObject *list = PySequence_Fast(descriptors, "file descriptors are a sequence");
    if (list == NULL)
        return NULL;
    Py_ssize_t count = PySequence_Fast_GET_SIZE(list);
    bool usable = count > 0 && count <= LC_MAX_SHARDS && self->core == NULL;
    if (!usable)
        PyErr_Format(PyExc_ValueError, "a core is opened once, with 1 to %d sockets",
                     LC_MAX_SHARDS);
    usable = usable && read_descriptors(list, fds, count);
    Py_DECREF(list);
    if (!usable)
        return NULL;
    lc_core *core = lc_new(sizeof *core);
    core->common.srtp = self->srtp;
    core->common.offset_ns = self->offset_ns;
    if (!lc_core_open(core, fds, (uint32_t)count)) {
        free(core);
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    self->core = core;
    return PyLong_FromLong(core->common.events.wake);
}

#define METHOD(name, function) {name, (PyCFunction)(function), METH_VARARGS, NULL}

PyMethodDef lc_core_methods[] = {
    {"open", (PyCFunction)core_open, METH_O, NULL},
    {"close", (PyCFunction)core_close, METH_NOARGS, NULL},
    METHOD("take", lc_core_take),
    METHOD("send", lc_py_send),
    METHOD("open_route", lc_py_open_route),
    METHOD("close_route", lc_py_close_route),
    METHOD("bind", lc_py_bind),
    METHOD("unbind", lc_py_unbind),
    METHOD("aim", lc_py_aim),
    METHOD("deliver", lc_py_deliver),
    METHOD("send_rtcp", lc_py_send_rtcp),
    METHOD("open_source", lc_py_open_source),
    METHOD("close_source", lc_py_close_source),
    METHOD("attach", lc_py_attach),
    METHOD("push", lc_py_push),
    METHOD("open_outlet", lc_py_open_outlet),
    METHOD("close_outlet", lc_py_close_outlet),
    METHOD("select", lc_py_select),
    METHOD("probe", lc_py_probe),
    METHOD("source_counts", lc_py_source_counts),
    METHOD("outlet_counts", lc_py_outlet_counts),
    METHOD("route_counts", lc_py_route_counts),
    METHOD("totals", lc_py_totals),
    {NULL, NULL, 0, NULL},
};

PyTypeObject lc_core_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "levelchat.rtc.native._core.Core",
    .tp_doc = "Threads that forward RTP; see _core.pyi.",
    .tp_basicsize = sizeof(lc_module_core),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = PyType_GenericNew,
    .tp_init = (initproc)core_init,
    .tp_dealloc = (destructor)core_dealloc,
    .tp_methods = lc_core_methods,
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_core",
    .m_doc = "The forwarding core in C; see _core.pyi.",
    .m_size = -1,
};

static PyObject *limits(void)
{
    return Py_BuildValue(
        "{si,si,si,si,si,si,si,si,si,si,si,sL,sL,sL,sL}", "MAX_SSRCS", LC_MAX_SSRCS, "MAX_STRAYS",
        LC_MAX_STRAYS, "MAX_RTCP", LC_MAX_RTCP, "MAX_DROPOUT", LC_MAX_DROPOUT, "VIDEO_HISTORY",
        LC_VIDEO_HISTORY, "REPLAY_BURST", LC_REPLAY_BURST, "REPLAY_CHUNK", LC_REPLAY_CHUNK,
        "RESEND_RATE", LC_RESEND_RATE, "RESEND_BURST", LC_RESEND_BURST, "MAX_PACKET",
        LC_MAX_PACKET, "SIZE_SAID", LC_SIZE_SAID, "REPLAY_TICK_NS", LC_REPLAY_TICK_NS,
        "RESEND_SPACING_NS", LC_RESEND_SPACING_NS, "KEY_FRAME_SPACING_NS",
        LC_KEY_FRAME_SPACING_NS, "SIZE_SPACING_NS", LC_SIZE_SPACING_NS);
}

PyMODINIT_FUNC PyInit__core(void)
{
    if (PyType_Ready(&lc_core_type) < 0 || PyType_Ready(&lc_sink_type) < 0)
        return NULL;
    PyObject *self = PyModule_Create(&module), *values = limits();
    if (self == NULL || values == NULL || PyModule_AddObject(self, "LIMITS", values) < 0)
        return NULL;
    Py_INCREF(&lc_core_type);
    Py_INCREF(&lc_sink_type);
    if (PyModule_AddObject(self, "Core", (PyObject *)&lc_core_type) < 0 ||
        PyModule_AddObject(self, "Sink", (PyObject *)&lc_sink_type) < 0)
        return NULL;
    return self;
}
