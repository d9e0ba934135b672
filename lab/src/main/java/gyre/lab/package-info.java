/** The lab: races, profiles and experiments, as the command line calls them. */
@NullMarked
package gyre.lab;

import org.jspecify.annotations.NullMarked;
