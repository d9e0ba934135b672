/** Breaks every rule of {@code gyre.ArchitectureTest} once, to prove that each one can fail. */
@NullMarked
package planted.gyre;

import org.jspecify.annotations.NullMarked;
