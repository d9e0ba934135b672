// Echo on libuv streams: read into one shared buffer, written at once with uv_try_write; what the socket does not take is copied into a
// uv_write, and reading stops until that is done.
#include "libuv.h"

struct rest {
  uv_write_t request;
  char bytes[];
};

static char buffer[256 * 1024];
static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *unused);

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf) {
  (void)handle;
  (void)suggested;
  *buf = uv_buf_init(buffer, sizeof buffer);
}

static void on_closed(uv_handle_t *handle) { free(handle->data); }

static void close_connection(uv_stream_t *stream) {
  if (!uv_is_closing((uv_handle_t *)stream)) uv_close((uv_handle_t *)stream, on_closed);
}

static void on_written(uv_write_t *request, int status) {
  uv_stream_t *stream = request->handle;
  free(request);
  if (status != 0) close_connection(stream);
  else uv_read_start(stream, on_alloc, on_read);
}

static void write_rest(uv_stream_t *stream, size_t length, size_t written) {
  struct rest *rest = malloc(sizeof *rest + length - written);
  memcpy(rest->bytes, buffer + written, length - written);
  uv_buf_t bytes = uv_buf_init(rest->bytes, (unsigned)(length - written));
  uv_read_stop(stream);
  if (uv_write(&rest->request, stream, &bytes, 1, on_written) == 0) return;
  free(rest);
  close_connection(stream);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *unused) {
  (void)unused;
  if (n < 0) return close_connection(stream);
  if (n == 0) return;
  uv_buf_t bytes = uv_buf_init(buffer, (unsigned)n);
  int written = uv_try_write(stream, &bytes, 1);
  if (written < 0 && written != UV_EAGAIN) return close_connection(stream);
  if (written < n) write_rest(stream, (size_t)n, written < 0 ? 0 : (size_t)written);
}

static void on_connection(uv_stream_t *server, int status) {
  if (status < 0) return;
  uv_tcp_t *tcp = malloc(sizeof *tcp);
  uv_tcp_init(server->loop, tcp);
  tcp->data = tcp;
  if (uv_accept(server, (uv_stream_t *)tcp) != 0) return uv_close((uv_handle_t *)tcp, on_closed);
  uv_tcp_nodelay(tcp, 1);
  uv_read_start((uv_stream_t *)tcp, on_alloc, on_read);
}

static void on_signal(uv_signal_t *handle, int signal) {
  (void)signal;
  uv_stop(handle->loop);
}

void echo_main(void) {
  long port = option_long("--port", 0, 0, 65535);
  options_end();
  need_descriptors(0);
  signal(SIGPIPE, SIG_IGN); // as its guide says: a client may reset while it is written to
  uv_loop_t *loop = uv_default_loop();
  uv_tcp_t server;
  uv_signal_t terminate;
  struct sockaddr_in address;
  int length = sizeof address, error;
  uv_signal_init(loop, &terminate);
  uv_signal_start(&terminate, on_signal, SIGTERM);
  uv_tcp_init(loop, &server);
  uv_ip4_addr("127.0.0.1", (int)port, &address);
  if ((error = uv_tcp_bind(&server, (struct sockaddr *)&address, 0)) != 0 || (error = uv_listen((uv_stream_t *)&server, 4096, on_connection)) != 0)
    quit(EXIT_FAILED, "listen on port %ld: %s", port, uv_strerror(error));
  uv_tcp_getsockname(&server, (struct sockaddr *)&address, &length);
  announce_port(ntohs(address.sin_port));
  uv_run(loop, UV_RUN_DEFAULT);
}
