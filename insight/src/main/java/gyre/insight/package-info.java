/** Figures, reports and pages that tell what a loop does and what holds it up. */
@NullMarked
package gyre.insight;

import org.jspecify.annotations.NullMarked;
