/** An HTTP/1.1 server: strict, bounded, in direct and push style. */
@NullMarked
package gyre.http;

import org.jspecify.annotations.NullMarked;
