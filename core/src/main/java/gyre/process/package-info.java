/** What a program has to do with the operating system's processes. */
@NullMarked
package gyre.process;

import org.jspecify.annotations.NullMarked;
