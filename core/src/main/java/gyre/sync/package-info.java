/** Where fibers meet: channels, locks, limits and supervised work. */
@NullMarked
package gyre.sync;

import org.jspecify.annotations.NullMarked;
