/** Sockets: streams, listeners and datagrams, over TCP and Unix paths. */
@NullMarked
package gyre.net;

import org.jspecify.annotations.NullMarked;
