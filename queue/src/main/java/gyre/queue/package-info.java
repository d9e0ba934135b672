/**
 * A durable queue: entries are files in a directory, which a worker takes in order of priority and
 * executes.
 */
@NullMarked
package gyre.queue;

import org.jspecify.annotations.NullMarked;
