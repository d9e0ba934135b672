/** Every foreign call and native structure, and nothing else. */
@NullMarked
package gyre.sys;

import org.jspecify.annotations.NullMarked;
