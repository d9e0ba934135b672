// Keeps two cores from falling asleep while nothing is to be done on them. A core of a virtual machine that sleeps is given to others, and whoever
// wakes it finds it elsewhere: on a core that is half taken by somebody else's work, or far from the other one. One that is never idle is left
// where it is, and the machine's scheduler sends others to cores that are free.
#ifndef GYRE_LAB_AWAKE_H
#define GYRE_LAB_AWAKE_H
#include "gen.h"

// How it is done: "polling" where the system lets its idle loop poll (root), else "spinning": a thread on each core that gives way to everybody.
// Nothing ("") where that is not permitted, and where the two are hardware threads of the same core: one that is awake takes from the other then.
const char *awake_begin(const int cores[2]);
// They may sleep until this is taken back.
void awake_suspend(bool is_suspended);
#endif
