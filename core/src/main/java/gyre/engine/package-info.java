/**
 * The seam between loop and kernel: operations are submitted, completions come back. Everything
 * above it runs unchanged on every engine.
 */
@NullMarked
package gyre.engine;

import org.jspecify.annotations.NullMarked;
