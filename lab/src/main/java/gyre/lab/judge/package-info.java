/** A client that tells whether a server keeps the promises of its kind, whatever it is made of. */
@NullMarked
package gyre.lab.judge;

import org.jspecify.annotations.NullMarked;
