/** Samples, and what can be said of them without fooling oneself. */
@NullMarked
package gyre.lab.result;

import org.jspecify.annotations.NullMarked;
