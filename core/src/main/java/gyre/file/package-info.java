/** Files and directories: reading, writing and naming them without holding up the loop. */
@NullMarked
package gyre.file;

import org.jspecify.annotations.NullMarked;
