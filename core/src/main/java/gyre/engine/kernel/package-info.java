/** What the engines on Linux's own sockets share: the calls that never wait, and addresses. */
@NullMarked
package gyre.engine.kernel;

import org.jspecify.annotations.NullMarked;
