/* Calls about routes and addresses. A closed core takes them and does nothing. */
#include <stdlib.h>

#include "module.h"

/* False with an exception for what is no address; `known` is false for one that the shard's socket
 * cannot reach.
 */
static bool read_address(const lc_module_core *self, PyObject *said, int shard,
                         lc_address *address, bool *known)
{
    const char *host;
    int port;
    unsigned int flow = 0, scope = 0;
    if (!PyTuple_Check(said)) {
        PyErr_SetString(PyExc_TypeError, "an address is a tuple");
        return false;
    }
    if (!PyArg_ParseTuple(said, "si|II", &host, &port, &flow, &scope))
        return false;
    *known = shard >= 0 && lc_address_read(address, lc_core_family(self->core, (uint32_t)shard),
                                           host, port, flow, scope);
    return true;
}

static lc_address *copied(const lc_address *address)
{
    lc_address *copy = lc_new(sizeof *copy);
    *copy = *address;
    return copy;
}

static lc_datagram *datagram_of(const Py_buffer *data)
{
    lc_datagram *datagram = lc_new(sizeof *datagram + (size_t)data->len);
    datagram->size = (uint32_t)data->len;
    memcpy(datagram->data, data->buf, (size_t)data->len);
    return datagram;
}

PyObject *lc_py_send(lc_module_core *self, PyObject *arguments)
{
    int shard;
    Py_buffer data;
    PyObject *said;
    lc_address address;
    bool known = false;
    if (!PyArg_ParseTuple(arguments, "iy*O", &shard, &data, &said))
        return NULL;
    bool fine = self->core == NULL || read_address(self, said, shard, &address, &known);
    if (fine && known && data.len <= LC_MAX_PUSHED) {
        lc_datagram *datagram = datagram_of(&data);
        datagram->address = address;
        lc_core_post(self->core, (uint32_t)shard,
                     (lc_message){.kind = LC_SEND, .object = datagram});
    }
    PyBuffer_Release(&data);
    if (!fine)
        return NULL;
    Py_RETURN_NONE;
}

/* The sessions live until their shard says that it uses them no more. */
static bool keep_sessions(lc_module_core *self, PyObject *rx, PyObject *tx)
{
    PyObject *token = PyLong_FromUnsignedLongLong(++self->tokens);
    PyObject *pair = PyTuple_Pack(2, rx, tx);
    bool kept = token != NULL && pair != NULL &&
                PyDict_SetItem(self->sessions, token, pair) == 0;
    Py_XDECREF(token);
    Py_XDECREF(pair);
    return kept;
}

PyObject *lc_py_open_route(lc_module_core *self, PyObject *arguments)
{
    unsigned long long route, rx, tx;
    int shard;
    PyObject *rx_session, *tx_session;
    Py_buffer cname;
    if (!PyArg_ParseTuple(arguments, "KiKKOOy*", &route, &shard, &rx, &tx, &rx_session,
                          &tx_session, &cname))
        return NULL;
    size_t length = cname.len < 255 ? (size_t)cname.len : 255;
    lc_route_opening *opening = lc_new(sizeof *opening);
    memcpy(opening->cname, cname.buf, length);
    PyBuffer_Release(&cname);
    opening->id = route;
    opening->rx = (void *)(uintptr_t)rx;
    opening->tx = (void *)(uintptr_t)tx;
    if (self->core == NULL) {
        lc_route_opening_free(opening);
        Py_RETURN_NONE;
    }
    if (shard < 0 || lc_core_family(self->core, (uint32_t)shard) == AF_UNSPEC ||
        !keep_sessions(self, rx_session, tx_session)) {
        lc_route_opening_free(opening);
        return PyErr_Occurred() ? NULL
                                : PyErr_Format(PyExc_ValueError, "there is no shard %d", shard);
    }
    opening->token = self->tokens;
    lc_core_open_route(self->core, (uint32_t)shard, opening);
    Py_RETURN_NONE;
}

PyObject *lc_py_close_route(lc_module_core *self, PyObject *arguments)
{
    unsigned long long route;
    if (!PyArg_ParseTuple(arguments, "K", &route))
        return NULL;
    if (self->core != NULL)
        lc_core_close_route(self->core, route);
    Py_RETURN_NONE;
}

PyObject *lc_py_bind(lc_module_core *self, PyObject *arguments)
{
    unsigned long long route;
    PyObject *said;
    lc_address address;
    bool known;
    if (!PyArg_ParseTuple(arguments, "KO", &route, &said))
        return NULL;
    if (self->core == NULL)
        Py_RETURN_NONE;
    if (!read_address(self, said, lc_core_shard_of(self->core, route), &address, &known))
        return NULL;
    if (known)
        lc_core_post_route(self->core, route,
                           (lc_message){.kind = LC_BIND, .object = copied(&address)});
    Py_RETURN_NONE;
}

PyObject *lc_py_unbind(lc_module_core *self, PyObject *arguments)
{
    int shard;
    PyObject *said;
    lc_address address;
    bool known;
    if (!PyArg_ParseTuple(arguments, "Oi", &said, &shard))
        return NULL;
    if (self->core == NULL)
        Py_RETURN_NONE;
    if (!read_address(self, said, shard, &address, &known))
        return NULL;
    if (known)
        lc_core_post(self->core, (uint32_t)shard,
                     (lc_message){.kind = LC_UNBIND, .object = copied(&address)});
    Py_RETURN_NONE;
}

PyObject *lc_py_aim(lc_module_core *self, PyObject *arguments)
{
    unsigned long long route;
    PyObject *said;
    lc_address address;
    bool known = false;
    if (!PyArg_ParseTuple(arguments, "KO", &route, &said))
        return NULL;
    if (self->core == NULL)
        Py_RETURN_NONE;
    if (said == Py_None) {
        lc_core_post_route(self->core, route, (lc_message){.kind = LC_AIM});
        Py_RETURN_NONE;
    }
    if (!read_address(self, said, lc_core_shard_of(self->core, route), &address, &known))
        return NULL;
    if (known)
        lc_core_post_route(self->core, route,
                           (lc_message){.kind = LC_AIM, .object = copied(&address)});
    Py_RETURN_NONE;
}

PyObject *lc_py_deliver(lc_module_core *self, PyObject *arguments)
{
    unsigned long long route;
    Py_buffer data;
    long long now_ns;
    if (!PyArg_ParseTuple(arguments, "Ky*L", &route, &data, &now_ns))
        return NULL;
    lc_packet *packet =
        self->core != NULL ? lc_packet_new(data.buf, (size_t)data.len, now_ns) : NULL;
    PyBuffer_Release(&data);
    if (packet != NULL)
        lc_core_post_route(self->core, route,
                           (lc_message){.kind = LC_DELIVER, .object = packet});
    Py_RETURN_NONE;
}

PyObject *lc_py_send_rtcp(lc_module_core *self, PyObject *arguments)
{
    unsigned long long route;
    Py_buffer data;
    if (!PyArg_ParseTuple(arguments, "Ky*", &route, &data))
        return NULL;
    if (self->core != NULL && data.len <= LC_MAX_PUSHED)
        lc_core_post_route(self->core, route,
                           (lc_message){.kind = LC_SEND_RTCP, .object = datagram_of(&data)});
    PyBuffer_Release(&data);
    Py_RETURN_NONE;
}
