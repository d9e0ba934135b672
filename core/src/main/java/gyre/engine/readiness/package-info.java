/**
 * Completions made of readiness: what every engine shares that is told when a descriptor is ready,
 * and then does the transfer itself.
 */
@NullMarked
package gyre.engine.readiness;

import org.jspecify.annotations.NullMarked;
