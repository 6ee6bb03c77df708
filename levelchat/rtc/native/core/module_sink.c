/* The sink of benchmarks for Python. */
#include <stdlib.h>

#include "module.h"
#include "sink.h"

typedef struct {
    PyObject_HEAD
    lc_sink *sink;
} sink_object;

static void drop(sink_object *self)
{
    lc_sink *sink = self->sink;
    self->sink = NULL;
    if (sink == NULL)
        return;
    Py_BEGIN_ALLOW_THREADS
    lc_sink_close(sink);
    Py_END_ALLOW_THREADS
    free(sink);
}

static void sink_dealloc(sink_object *self)
{
    drop(self);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static int sink_init(sink_object *self, PyObject *arguments, PyObject *Py_UNUSED(names))
{
    PyObject *descriptors;
    if (!PyArg_ParseTuple(arguments, "O", &descriptors))
        return -1;
    PyObject *list = PySequence_Fast(descriptors, "file descriptors are a sequence");
    if (list == NULL)
        return -1;
    Py_ssize_t count = PySequence_Fast_GET_SIZE(list);
    int *fds = lc_new(((size_t)count + 1) * sizeof *fds);
    for (Py_ssize_t index = 0; index < count; index++)
        fds[index] = (int)PyLong_AsLong(PySequence_Fast_GET_ITEM(list, index));
    Py_DECREF(list);
    if (!PyErr_Occurred()) {
        drop(self);
        self->sink = lc_new(sizeof *self->sink);
        if (!lc_sink_open(self->sink, fds, (uint32_t)count)) {
            PyErr_SetFromErrno(PyExc_OSError);
            drop(self);
        }
    }
    free(fds);
    return PyErr_Occurred() ? -1 : 0;
}

static PyObject *sink_start(sink_object *self, PyObject *Py_UNUSED(ignored))
{
    if (self->sink == NULL || !lc_sink_start(self->sink))
        return PyErr_Format(PyExc_OSError, "the sink has no thread");
    Py_RETURN_NONE;
}

static PyObject *sink_stop(sink_object *self, PyObject *Py_UNUSED(ignored))
{
    lc_sink *sink = self->sink;
    if (sink != NULL) {
        Py_BEGIN_ALLOW_THREADS
        lc_sink_stop(sink);
        Py_END_ALLOW_THREADS
    }
    Py_RETURN_NONE;
}

static PyObject *sink_counts(sink_object *self, PyObject *Py_UNUSED(ignored))
{
    if (self->sink == NULL)
        return Py_BuildValue("iiii", 0, 0, 0, 0);
    const lc_sink_counts *counts = &self->sink->counts;
    return Py_BuildValue("KKKL", LC_GET(counts->rtp), LC_GET(counts->rtcp),
                         LC_GET(counts->bytes), LC_GET(counts->lost));
}

static PyObject *sink_take(sink_object *self, PyObject *Py_UNUSED(ignored))
{
    PyObject *list = PyList_New(0);
    if (list == NULL || self->sink == NULL)
        return list;
    lc_event_list taken = lc_events_take(&self->sink->events, LC_EVENTS_BOUND);
    for (const lc_event *event = taken.first; event != NULL && list != NULL;
         event = event->next) {
        PyObject *pair = Py_BuildValue("Ky#", event->id, (const char *)event->data,
                                       (Py_ssize_t)event->size);
        if (pair == NULL || PyList_Append(list, pair) < 0)
            Py_CLEAR(list);
        Py_XDECREF(pair);
    }
    lc_event_list_free(&taken);
    return list;
}

static PyMethodDef methods[] = {
    {"start", (PyCFunction)sink_start, METH_NOARGS, NULL},
    {"stop", (PyCFunction)sink_stop, METH_NOARGS, NULL},
    {"counts", (PyCFunction)sink_counts, METH_NOARGS, NULL},
    {"take", (PyCFunction)sink_take, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

PyTypeObject lc_sink_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "levelchat.rtc.native._core.Sink",
    .tp_doc = "Counts what many sockets receive; see _core.pyi.",
    .tp_basicsize = sizeof(sink_object),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = PyType_GenericNew,
    .tp_init = (initproc)sink_init,
    .tp_dealloc = (destructor)sink_dealloc,
    .tp_methods = methods,
};
