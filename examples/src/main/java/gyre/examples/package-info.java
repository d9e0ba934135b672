/** Small programs, each in one class, that show how a program waits for the world outside. */
@NullMarked
package gyre.examples;

import org.jspecify.annotations.NullMarked;
