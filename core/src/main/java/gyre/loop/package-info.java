/**
 * The machinery of a loop that knows no fibers: its mailbox and what wakes it, its timer wheel, the
 * queue of what can run, and what fibers that are ordinary threads hand to each other.
 */
@NullMarked
package gyre.loop;

import org.jspecify.annotations.NullMarked;
