/** The loop, its fibers, scopes, timers and handles. */
@NullMarked
package gyre;

import org.jspecify.annotations.NullMarked;
