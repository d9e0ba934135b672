/** The engine that runs wherever Java does, on selectors alone. */
@NullMarked
package gyre.engine.nio;

import org.jspecify.annotations.NullMarked;
