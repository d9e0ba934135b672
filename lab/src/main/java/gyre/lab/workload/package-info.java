/** What is raced. Nothing in here depends on how any peer fares. */
@NullMarked
package gyre.lab.workload;

import org.jspecify.annotations.NullMarked;
