/**
 * TLS for byte streams, and what goes with it: keys, certificates, the reading of a ClientHello.
 */
@NullMarked
package gyre.tls;

import org.jspecify.annotations.NullMarked;
