/** Rounds of experiments: from a profile to a verdict, with proposals by whoever is asked. */
@NullMarked
package gyre.lab.round;

import org.jspecify.annotations.NullMarked;
