/** The PROXY protocol, versions 1 and 2: whom a proxy speaks for. */
@NullMarked
package gyre.proxy;

import org.jspecify.annotations.NullMarked;
