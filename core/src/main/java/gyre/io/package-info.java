/** Bytes on their way: queues of them, and what is made of them. */
@NullMarked
package gyre.io;

import org.jspecify.annotations.NullMarked;
