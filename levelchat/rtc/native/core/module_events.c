/* What the core tells, as tuples: the event's kind and the arguments of its method. */
#include <arpa/inet.h>
#include <stdlib.h>

#include "module.h"

PyObject *lc_py_address(const lc_address *address)
{
    char host[INET6_ADDRSTRLEN] = "";
    if (address->any.sa_family == AF_INET) {
        inet_ntop(AF_INET, &address->v4.sin_addr, host, sizeof host);
        return Py_BuildValue("si", host, ntohs(address->v4.sin_port));
    }
    inet_ntop(AF_INET6, &address->v6.sin6_addr, host, sizeof host);
    return Py_BuildValue("siII", host, ntohs(address->v6.sin6_port),
                         ntohl(address->v6.sin6_flowinfo), address->v6.sin6_scope_id);
}

static PyObject *arguments_of(const lc_event *event)
{
    const char *data = (const char *)event->data;
    unsigned long long id = event->id, other = event->other, count = event->count;
    long long now_ns = event->now_ns;
    Py_ssize_t size = (Py_ssize_t)event->size;
    switch (event->kind) {
    case LC_ON_DATAGRAM:
        return Py_BuildValue("Ky#NL", id, data, size, lc_py_address(&event->address), now_ns);
    case LC_ON_STRAY:
    case LC_ON_RTCP:
    case LC_ON_PACKET:
        return Py_BuildValue("Ky#L", id, data, size, now_ns);
    case LC_ON_GAP:
        return Py_BuildValue("KKKL", id, other, count, now_ns);
    case LC_ON_FILLED:
    case LC_ON_SWITCHED:
        return Py_BuildValue("KKL", id, other, now_ns);
    case LC_ON_OUTGOING:
    case LC_ON_KEY_FRAME:
        return Py_BuildValue("Ky#", id, data, size);
    default:
        return Py_BuildValue("KL", id, now_ns);
    }
}

/* The route's former sessions may go. */
static bool release(lc_module_core *self, const lc_event *event)
{
    PyObject *token = PyLong_FromUnsignedLongLong(event->other);
    if (token == NULL)
        return false;
    if (PyDict_DelItem(self->sessions, token) < 0)
        PyErr_Clear();
    Py_DECREF(token);
    return true;
}

static bool append(lc_module_core *self, PyObject *list, const lc_event *event)
{
    if (event->kind == LC_ON_RELEASED)
        return release(self, event);
    PyObject *arguments = arguments_of(event);
    if (arguments == NULL)
        return false;
    PyObject *pair = Py_BuildValue("iN", (int)event->kind, arguments);
    bool added = pair != NULL && PyList_Append(list, pair) == 0;
    Py_XDECREF(pair);
    return added;
}

PyObject *lc_core_take(lc_module_core *self, PyObject *arguments)
{
    unsigned int most;
    if (!PyArg_ParseTuple(arguments, "I", &most))
        return NULL;
    PyObject *list = PyList_New(0);
    if (list == NULL || self->core == NULL)
        return list;
    lc_event_list taken = lc_events_take(&self->core->common.events, most);
    for (const lc_event *event = taken.first; event != NULL; event = event->next)
        if (!append(self, list, event)) {
            Py_CLEAR(list);
            break;
        }
    lc_event_list_free(&taken);
    return list;
}
