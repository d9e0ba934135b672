/** Projects written from templates: the same server for several runtimes. */
@NullMarked
package gyre.generator;

import org.jspecify.annotations.NullMarked;
