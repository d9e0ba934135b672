/**
 * What the packages of handles build on: {@link gyre.spi.Resource}, which a handle extends, and
 * {@link gyre.spi.Internals}, for those who are none. Exported to modules of Gyre alone; users meet
 * {@link gyre.Handle}.
 */
@NullMarked
package gyre.spi;

import org.jspecify.annotations.NullMarked;
