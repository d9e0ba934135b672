/** Has many peers misbehave towards one loop, and says what an honest client had of it. */
@NullMarked
package gyre.lab.overload;

import org.jspecify.annotations.NullMarked;
