/** Runs a plan: starts peers, drives them in interleaved rounds, and collects samples. */
@NullMarked
package gyre.lab.race;

import org.jspecify.annotations.NullMarked;
