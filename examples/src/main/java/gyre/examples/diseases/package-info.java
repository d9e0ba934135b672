/**
 * Programs that have what {@code gyre top} warns of, and what each looks like when it is well. Run
 * one: {@code java -cp ... gyre.examples.diseases.Diseases slow-callback sick}, and look at it by
 * {@code gyre top}.
 */
@NullMarked
package gyre.examples.diseases;

import org.jspecify.annotations.NullMarked;
