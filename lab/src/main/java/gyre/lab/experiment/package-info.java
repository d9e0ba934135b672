/** One change against its base, and the log of all of them. */
@NullMarked
package gyre.lab.experiment;

import org.jspecify.annotations.NullMarked;
