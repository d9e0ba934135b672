/** Who races: programs that follow {@code lab/peers/README.md}, and why one is absent. */
@NullMarked
package gyre.lab.peer;

import org.jspecify.annotations.NullMarked;
