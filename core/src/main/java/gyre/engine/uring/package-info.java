/** The engine on io_uring: Linux 6.0 and later, without a native library. */
@NullMarked
package gyre.engine.uring;

import org.jspecify.annotations.NullMarked;
