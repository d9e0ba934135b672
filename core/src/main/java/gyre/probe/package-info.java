/**
 * What a loop tells of itself while it runs: counters and histograms in memory that another process
 * can read. Everything is written by the loop's thread alone, with plain stores.
 */
@NullMarked
package gyre.probe;

import org.jspecify.annotations.NullMarked;
