/** Which engine a loop gets, and why. */
@NullMarked
package gyre.engine.choice;

import org.jspecify.annotations.NullMarked;
