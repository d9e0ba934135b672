// Boost.Asio as its tutorials use it: asynchronous operations with callbacks, one io_context. Where only one thread is about, the context is told
// so, and takes no locks. One file per mode.
#include "../common/lab.h"
#include <utility> // Boost 1.74 forgets it
#include <boost/asio.hpp>

namespace asio = boost::asio;
using boost::system::error_code;

// UNSAFE: "the io_context and its I/O objects are used from one thread only".
constexpr int single_threaded = BOOST_ASIO_CONCURRENCY_HINT_UNSAFE;

void echo_main();
void asio_events_main();
void asio_cascade_main();
void asio_timers_main();
void asio_wake_main();
