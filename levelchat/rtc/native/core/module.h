/* What the files of the Python module share. */
#ifndef LC_MODULE_H
#define LC_MODULE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "core.h"

typedef struct {
    PyObject_HEAD
    lc_core *core;      /* NULL while closed */
    PyObject *sessions; /* by token: pylibsrtp's, which shards may still use */
    unsigned long long tokens;
    lc_srtp srtp;
    long long offset_ns;
} lc_module_core;

extern PyTypeObject lc_core_type;
extern PyTypeObject lc_sink_type;

/* module_routes.c and module_streams.c */
extern PyMethodDef lc_core_methods[];
PyObject *lc_core_take(lc_module_core *self, PyObject *arguments);
PyObject *lc_py_open_route(lc_module_core *self, PyObject *arguments);
PyObject *lc_py_close_route(lc_module_core *self, PyObject *arguments);
PyObject *lc_py_send(lc_module_core *self, PyObject *arguments);
PyObject *lc_py_bind(lc_module_core *self, PyObject *arguments);
PyObject *lc_py_unbind(lc_module_core *self, PyObject *arguments);
PyObject *lc_py_aim(lc_module_core *self, PyObject *arguments);
PyObject *lc_py_deliver(lc_module_core *self, PyObject *arguments);
PyObject *lc_py_send_rtcp(lc_module_core *self, PyObject *arguments);
PyObject *lc_py_open_source(lc_module_core *self, PyObject *arguments);
PyObject *lc_py_close_source(lc_module_core *self, PyObject *arguments);
PyObject *lc_py_attach(lc_module_core *self, PyObject *arguments);
PyObject *lc_py_push(lc_module_core *self, PyObject *arguments);
PyObject *lc_py_open_outlet(lc_module_core *self, PyObject *arguments);
PyObject *lc_py_close_outlet(lc_module_core *self, PyObject *arguments);
PyObject *lc_py_select(lc_module_core *self, PyObject *arguments);
PyObject *lc_py_probe(lc_module_core *self, PyObject *arguments);
PyObject *lc_py_source_counts(lc_module_core *self, PyObject *arguments);
PyObject *lc_py_outlet_counts(lc_module_core *self, PyObject *arguments);
PyObject *lc_py_route_counts(lc_module_core *self, PyObject *arguments);
PyObject *lc_py_totals(lc_module_core *self, PyObject *arguments);
/* (host, port) or (host, port, flow, scope), as Python's sockets say it. */
PyObject *lc_py_address(const lc_address *address);

#endif
