/** Where the time of one peer goes in one workload. */
@NullMarked
package gyre.lab.profile;

import org.jspecify.annotations.NullMarked;
