/**
 * The peers that run on a JVM: each the plain program that its documentation leads to. What all of
 * them keep to is in {@code lab/peers/README.md}.
 */
@NullMarked
package gyre.lab.program;

import org.jspecify.annotations.NullMarked;
