/** What the kinds of byte streams share inside; for the packages that define them. */
@NullMarked
package gyre.stream;

import org.jspecify.annotations.NullMarked;
